"""Conversations stay with a token, the same in every process; a token sent to the back loses them."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from providers.catalogue import TokenLimits
from providers.errors import RateLimited
from tests.providers.pooling import leased, pool_of, provider, refuse, work

SESSIONS = [f"conversation {n}" for n in range(400)]


def homes(pool: object, acme: object) -> dict[str, int]:
    found = {}
    for session in SESSIONS:
        lease = leased(pool, acme, session=session)  # type: ignore[arg-type]
        found[session] = lease.token.id
        pool.release(lease)  # type: ignore[attr-defined]
    return found


def test_a_conversation_has_one_home_in_every_process_whatever_went_before() -> None:
    acme = provider(5)
    one, _ = pool_of()
    two, clock = pool_of()
    clock.now += 12345
    for _ in range(7):
        work(two, acme)
    assert homes(one, acme) == homes(two, acme) == homes(one, acme)


def test_every_token_gets_its_share_of_conversations() -> None:
    pool, _ = pool_of()
    shares = Counter(homes(pool, provider(5)).values())
    assert set(shares) == {1, 2, 3, 4, 5} and min(shares.values()) > 50


@given(st.integers(2, 6), st.text(max_size=20))
def test_whatever_names_a_conversation_it_has_a_home(size: int, session: str) -> None:
    pool, _ = pool_of()
    acme = provider(size)
    assert leased(pool, acme, session=session or "x").token == leased(pool, acme, session=session or "x").token


def test_a_token_that_rests_moves_only_its_own_conversations_and_they_come_back() -> None:
    pool, clock = pool_of()
    acme = provider(4)
    before = homes(pool, acme)
    refuse(pool, acme, RateLimited("slow", retry_after=30), 2)
    meanwhile = homes(pool, acme)
    assert all(meanwhile[one] == home for one, home in before.items() if home != 2)
    assert 2 not in meanwhile.values() and len({meanwhile[one] for one, home in before.items() if home == 2}) == 3
    clock.now += 31
    assert homes(pool, acme) == before


def test_a_token_at_its_limit_is_passed_over_by_conversations_too() -> None:
    pool, _ = pool_of()
    acme = provider(2, limits=TokenLimits(in_flight=1))
    first, second = leased(pool, acme, session="a"), leased(pool, acme, session="a")
    assert {first.token.id, second.token.id} == {1, 2}


def test_rotating_sends_the_token_used_last_to_the_back_and_its_conversations_move_on() -> None:
    pool, clock = pool_of()
    acme = provider(4)
    before = homes(pool, acme)
    clock.now += 1
    work(pool, acme, 3)
    clock.now += 1
    turned = pool.rotate(acme)
    assert turned is not None and turned.id == 3
    after = homes(pool, acme)
    assert 3 not in after.values()
    assert all(after[one] == home for one, home in before.items() if home != 3)
    assert 3 not in {leased(pool, acme).token.id for _ in range(6)}, "behind all others, however busy"
    clock.now += 400
    later = homes(pool, acme)
    assert 3 in later.values() and sum(later[one] == 3 for one, home in before.items() if home == 3) < 50


def test_the_token_at_the_back_is_used_when_the_others_cannot_be() -> None:
    pool, _ = pool_of()
    acme = provider(2)
    work(pool, acme, 1)
    pool.rotate(acme)
    refuse(pool, acme, RateLimited("slow", retry_after=30), 2)
    assert leased(pool, acme).token.id == leased(pool, acme, session="a").token.id == 1


def test_rotating_again_and_again_goes_round() -> None:
    pool, clock = pool_of()
    acme = provider(3)
    used = []
    for _ in range(6):
        clock.now += 1
        used.append(work(pool, acme))
        pool.rotate(acme)
    assert sorted(used[:3]) == [1, 2, 3] and used[:3] == used[3:]


def test_a_lone_token_has_nowhere_to_rotate_to() -> None:
    pool, _ = pool_of()
    assert pool.rotate(provider(1)) is None
