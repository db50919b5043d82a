"""Token state between processes: what is written, what is taken over, and whose news wins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from providers import findings, token_store
from providers.catalogue import CompiledProvider, CompiledToken
from providers.env_tokens import sync_tokens
from providers.errors import CredentialInvalid, QuotaExceeded, RateLimited
from providers.models import Provider, ProviderEvent, Token, TokenState
from providers.pool import Pool
from providers.probe import ProbeResult
from providers.token_changes import mark_healthy, rest, retire, send_back
from providers.vendors import vendor
from providers.wires import wire

pytestmark = pytest.mark.django_db
Health = TokenState.Health


class Process:
    """A pool as one process has it, and its exchange of news. ``ahead``: seconds its clock goes before the others'."""

    def __init__(self, provider: Provider, *, ahead: float = 0) -> None:
        self.ahead = timedelta(seconds=ahead)
        self.now = timezone.now()
        self.pool = Pool(clock=lambda: (self.now + self.ahead).timestamp())
        self.seen: datetime | None = None
        tokens = Token.objects.filter(provider=provider)
        self.provider = CompiledProvider(
            id=provider.pk,
            name=provider.name,
            vendor=vendor("openai"),
            wire=wire("openai"),
            tokens=tuple(CompiledToken(id=one.pk, fingerprint=one.fingerprint) for one in tokens),
        )

    def call(self, token: Token, error: Exception | None = None) -> None:
        others = {one.id for one in self.provider.tokens} - {token.pk}
        lease = self.pool.lease(self.provider, tried=others)
        assert lease is not None and lease.token.id == token.pk
        self.pool.release(lease, error)  # type: ignore[arg-type]

    def exchange(self) -> None:
        token_store.write(token_store.collect(self.pool))
        rows, self.seen = token_store.changed_since(self.seen)
        token_store.merge(self.pool, rows)

    def word(self, token: Token) -> str:
        return self.pool.condition(token.pk).word(self.pool.clock())

    def usable(self) -> int:
        leases = [self.pool.lease(self.provider) for _ in self.provider.tokens]
        for lease in leases:
            assert lease is not None
            self.pool.abandon(lease)
        return len({lease.token.id for lease in leases if lease})


@pytest.fixture
def acme() -> Provider:
    return Provider.objects.create(name="acme", vendor="openai", dispatch="pooled", smallest_pool=2)


@pytest.fixture
def token(acme: Provider) -> Token:
    Token.objects.create(provider=acme, secret="other")
    return Token.objects.create(provider=acme, secret="one")


def state(token: Token) -> TokenState:
    return TokenState.objects.get(pk=token.pk)


def rejected() -> CredentialInvalid:
    return CredentialInvalid("no such key", vendor_status=401)


def test_a_rest_is_written_and_reaches_the_other_processes(acme: Provider, token: Token) -> None:
    one, two = Process(acme), Process(acme)
    one.call(token, RateLimited("slow down", retry_after=30))
    one.exchange()
    two.exchange()
    assert two.word(token) == "cooling" and two.usable() == 1
    row = state(token)
    assert (row.health, row.reason, row.requests, row.failures) == (Health.COOLING, "slow down", 1, 1)
    assert row.cooling_until is not None
    assert abs((row.cooling_until - one.now).total_seconds() - 30) < 0.01
    assert Process(acme).word(token) == "healthy"
    fresh = Process(acme)
    fresh.exchange()
    assert fresh.word(token) == "cooling", "a restart forgets nothing"


def test_counts_of_all_processes_add_up_and_are_written_once(acme: Provider, token: Token) -> None:
    one, two = Process(acme), Process(acme)
    for process in (one, two, one):
        process.call(token)
        process.exchange()
    one.exchange()
    assert (state(token).requests, state(token).failures) == (3, 0)


def test_what_could_not_be_written_is_written_next_time(acme: Provider, token: Token) -> None:
    one = Process(acme)
    one.call(token, RateLimited("slow down", retry_after=30))
    notes = token_store.collect(one.pool)
    token_store.give_back(one.pool, notes)
    one.exchange()
    assert (state(token).health, state(token).requests, state(token).failures) == (Health.COOLING, 1, 1)


def test_an_old_row_does_not_override_what_a_process_learnt_since(acme: Provider, token: Token) -> None:
    one, two = Process(acme), Process(acme)
    one.call(token, RateLimited("slow down", retry_after=30))
    one.exchange()
    two.now += timedelta(seconds=1)
    two.call(token, RateLimited("slower still", retry_after=300))
    rows, two.seen = token_store.changed_since(None)
    token_store.merge(two.pool, rows)
    assert two.pool.condition(token.pk).reason == "slower still"
    two.exchange()
    one.exchange()
    assert one.pool.condition(token.pk).reason == state(token).reason == "slower still"


def test_old_news_does_not_override_a_newer_row(acme: Provider, token: Token) -> None:
    one = Process(acme)
    one.call(token, RateLimited("slow down", retry_after=30))
    mark_healthy(token, now=one.now + timedelta(seconds=1))
    one.exchange()
    assert state(token).health == Health.HEALTHY and one.word(token) == "healthy"
    assert state(token).requests == 1


def test_a_token_deleted_meanwhile_is_left_out(acme: Provider, token: Token) -> None:
    one = Process(acme)
    one.call(token, rejected())
    token.delete()
    one.exchange()
    assert not TokenState.objects.exists()


def out_everywhere(acme: Provider, token: Token, *, ahead: float = 0) -> tuple[Process, Process]:
    one, two = Process(acme, ahead=ahead), Process(acme)
    one.call(token, rejected())
    one.call(token, rejected())
    one.exchange()
    two.exchange()
    assert one.word(token) == two.word(token) == "suspended"
    return one, two


@pytest.mark.parametrize("ahead", [0, 40, -40])
def test_a_good_test_brings_a_token_back_in_every_process(acme: Provider, token: Token, ahead: float) -> None:
    both = out_everywhere(acme, token, ahead=ahead)
    findings.record_token(token.pk, ProbeResult(ok=True, message=""))
    for process in both:
        process.exchange()
        assert process.word(token) == "healthy" and process.usable() == 2
    assert state(token).health == Health.HEALTHY


@pytest.mark.parametrize("ahead", [0, 40, -40])
def test_an_admins_word_counts_in_every_process_whatever_its_clock(acme: Provider, token: Token, ahead: float) -> None:
    both = out_everywhere(acme, token, ahead=ahead)
    mark_healthy(token, now=timezone.now())
    for process in both:
        process.exchange()
        assert process.word(token) == "healthy"


def test_a_failed_test_takes_a_token_out_in_every_process(acme: Provider, token: Token) -> None:
    one = Process(acme, ahead=30)
    one.call(token, RateLimited("slow down", retry_after=5))
    one.exchange()
    findings.record_token(token.pk, ProbeResult(ok=False, message="revoked", credential_invalid=True))
    one.exchange()
    assert one.word(token) == "suspended" and one.pool.condition(token.pk).reason == "revoked"


def test_an_admins_word_ends_a_rest(acme: Provider, token: Token) -> None:
    one = Process(acme)
    one.call(token, RateLimited("slow down", retry_after=3000))
    one.exchange()
    mark_healthy(token, now=timezone.now())
    one.exchange()
    assert one.word(token) == "healthy" and one.usable() == 2


def test_a_new_secret_in_the_environment_starts_with_a_clean_slate(acme: Provider) -> None:
    sync_tokens({"ACME_TOKEN_1": "old", "ACME_TOKEN_2": "good"})
    token = Token.objects.get(env_name="ACME_TOKEN_1")
    both = out_everywhere(acme, token)
    sync_tokens({"ACME_TOKEN_1": "new", "ACME_TOKEN_2": "good"})
    token.refresh_from_db()
    assert token.secret == "new"
    for process in both:
        process.exchange()
        assert process.word(token) == "healthy" and process.usable() == 2


def test_times_survive_the_way_through_the_database(acme: Provider, token: Token) -> None:
    one = Process(acme)
    one.now = datetime(2026, 9, 21, 12, 0, 0, 123457, tzinfo=UTC)
    one.call(token, RateLimited("slow down", retry_after=30))
    before = one.pool.condition(token.pk).resting_until
    one.exchange()
    one.exchange()
    assert one.pool.condition(token.pk).resting_until == pytest.approx(before, abs=1e-5)


# --- history -----------------------------------------------------------------------------------


def story(token: Token) -> list[tuple[str, str]]:
    rows = ProviderEvent.objects.filter(token=token, kind=ProviderEvent.Kind.TOKEN).order_by("id")
    return [(row.before, row.after) for row in rows]


def test_the_whole_life_of_a_token_can_be_read_back(acme: Provider, token: Token) -> None:
    one = Process(acme)
    one.call(token, RateLimited("slow down", retry_after=30))
    one.exchange()
    one.now += timedelta(seconds=40)
    for _ in range(2):
        one.call(token, rejected())
    one.exchange()
    for error in (rejected(), None, None):
        one.now += timedelta(seconds=8000)
        one.call(token, error)
        one.exchange()
    assert story(token) == [
        ("healthy", "cooling"),
        ("healthy", "suspended"),
        ("suspended", "probation"),
        ("probation", "suspended"),
        ("suspended", "probation"),
        ("probation", "healthy"),
    ]
    reasons = list(ProviderEvent.objects.filter(token=token).order_by("id").values_list("reason", flat=True))
    assert reasons[0] == "For 30 s. slow down" and reasons[1] == "For 3600 s. no such key" and "7200 s" in reasons[3]


def test_two_processes_that_find_out_the_same_tell_it_once(acme: Provider, token: Token) -> None:
    one, two = Process(acme), Process(acme, ahead=0.1)
    for process in (one, two):
        process.call(token, rejected())
        process.call(token, rejected())
    for process in (one, two, one):
        process.exchange()
    assert story(token) == [("healthy", "suspended")]
    assert state(token).suspensions == one.pool.condition(token.pk).suspensions == 1
    assert one.word(token) == two.word(token) == "suspended"


def test_of_rests_that_follow_each_other_the_history_keeps_one_a_minute(acme: Provider, token: Token) -> None:
    one = Process(acme)
    for _ in range(30):
        one.call(token, RateLimited("slow down", retry_after=1))
        one.exchange()
        one.now += timedelta(seconds=5)
    assert 2 <= len(story(token)) <= 3


def test_what_could_not_be_written_keeps_its_history(acme: Provider, token: Token) -> None:
    one = Process(acme)
    one.call(token, RateLimited("slow down", retry_after=1))
    batch = token_store.collect(one.pool)
    token_store.give_back(one.pool, batch)
    one.now += timedelta(seconds=2)
    for _ in range(2):
        one.call(token, rejected())
    one.exchange()
    assert story(token) == [("healthy", "cooling"), ("healthy", "suspended")]


def test_a_test_and_an_admin_stand_in_the_history_too(acme: Provider, token: Token) -> None:
    findings.record_token(token.pk, ProbeResult(ok=False, message="revoked", credential_invalid=True))
    findings.record_token(token.pk, ProbeResult(ok=True, message=""))
    now = timezone.now()
    rest(token, until=now + timedelta(minutes=1), now=now, by="ann")
    retire(token, now=now, by="bob")
    mark_healthy(token, now=now, by="cleo")
    send_back(token, now=now, by="ann")
    assert story(token) == [
        ("healthy", "suspended"),
        ("suspended", "healthy"),
        ("healthy", "cooling"),
        ("cooling", "retired"),
        ("retired", "healthy"),
        ("healthy", "rotated"),
    ]
    assert "by bob" in ProviderEvent.objects.get(after="retired").reason


# --- what admins do -----------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [0, 40, -40])
def test_what_an_admin_does_reaches_every_process(acme: Provider, token: Token, ahead: float) -> None:
    one, two = Process(acme, ahead=ahead), Process(acme)
    one.call(token, RateLimited("slow down", retry_after=1))
    one.exchange()
    now = timezone.now()
    assert rest(token, until=now + timedelta(hours=1), now=now, by="ann")
    for process in (one, two):
        process.exchange()
        assert process.word(token) == "cooling" and process.usable() == 1
    retire(token, now=now, by="ann")
    for process in (one, two):
        process.exchange()
        assert process.word(token) == "retired" and process.usable() == 1
    assert not rest(token, until=now + timedelta(hours=1), now=now)
    mark_healthy(token, now=now)
    send_back(token, now=now)
    for process in (one, two):
        process.exchange()
        assert process.word(token) == "healthy"
        assert process.pool.condition(token.pk).rotated_at == pytest.approx(now.timestamp(), abs=0.001)


def test_a_retirement_outlasts_what_a_process_with_older_news_and_a_faster_clock_says(
    acme: Provider, token: Token
) -> None:
    one = Process(acme, ahead=60)
    one.call(token, rejected())
    retire(token, now=timezone.now())
    one.call(token, rejected())
    one.exchange()
    assert state(token).health == Health.RETIRED and one.word(token) == "retired"
    mark_healthy(token, now=timezone.now())
    one.exchange()
    assert one.word(token) == "healthy"


def test_a_retired_token_stays_so_whatever_a_test_says(acme: Provider, token: Token) -> None:
    retire(token, now=timezone.now())
    for result in (ProbeResult(ok=True), ProbeResult(ok=False, message="no", credential_invalid=True)):
        findings.record_token(token.pk, result)
        assert state(token).health == Health.RETIRED and state(token).tested_at


def test_what_is_said_by_hand_in_one_process_reaches_the_others(acme: Provider, token: Token) -> None:
    one, two = Process(acme), Process(acme)
    for act, word in (
        (lambda: one.pool.retire(token.pk, "old"), "retired"),
        (lambda: one.pool.revive(token.pk), "healthy"),
        (lambda: one.pool.rest(token.pk, 60, "maintenance"), "cooling"),
    ):
        act()
        one.exchange()
        two.exchange()
        assert one.word(token) == two.word(token) == state(token).health == word
    one.call(Token.objects.exclude(pk=token.pk).get())
    turned = one.pool.rotate(one.provider)
    one.exchange()
    two.exchange()
    assert turned is not None
    assert one.pool.condition(turned.id).rotated_at == two.pool.condition(turned.id).rotated_at > 0


def test_a_good_test_does_not_end_a_suspension_for_another_reason(acme: Provider, token: Token) -> None:
    one = Process(acme)
    for _ in range(5):
        one.call(token, QuotaExceeded("no money", vendor_status=402, retry_after=0))
    one.exchange()
    findings.record_token(token.pk, ProbeResult(ok=True))
    assert state(token).health == Health.SUSPENDED


# --- quota --------------------------------------------------------------------------------------


def test_the_quota_is_written_every_few_seconds_and_the_last_is_not_lost(acme: Provider, token: Token) -> None:
    one = Process(acme)

    def hear(left: int) -> None:
        lease = one.pool.lease(one.provider, tried={other.id for other in one.provider.tokens} - {token.pk})
        assert lease is not None
        lease.condition.listen_at = 0
        one.pool.heard(lease, {"x-ratelimit-limit-requests": "100", "x-ratelimit-remaining-requests": str(left)})
        one.exchange()

    hear(90)
    assert state(token).quota["requests_left"] == 90 and state(token).quota["requests_limit"] == 100
    hear(80)
    assert state(token).quota["requests_left"] == 90
    one.now += timedelta(seconds=4)
    one.exchange()
    assert state(token).quota["requests_left"] == 80
