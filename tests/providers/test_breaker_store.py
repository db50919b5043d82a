"""Breakers between processes: what is written, what is taken over, and whose news wins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from providers import breaker_store
from providers.breaker import BreakerRules, Breakers
from providers.errors import SwitchboardError, VendorFailed
from providers.models import BreakerState, Provider, ProviderEvent

pytestmark = pytest.mark.django_db
DOWN = VendorFailed("HTTP 500", vendor_status=500)


class Process:
    """The breakers as one process has them, and its exchange of news. ``ahead``: seconds its clock goes before the
    others'."""

    def __init__(self, provider: Provider, *, ahead: float = 0) -> None:
        self.now = provider.created_at + timedelta(seconds=ahead)
        self.breakers = Breakers(BreakerRules(), clock=lambda: self.now.timestamp())
        self.provider = provider.pk
        self.seen: datetime | None = None

    def call(self, error: SwitchboardError | None = None, *, model: str = "gpt", times: int = 1) -> None:
        for _ in range(times):
            taken = self.breakers.enter(self.provider, model)
            assert taken is not None
            self.breakers.leave(taken, error)

    def exchange(self) -> None:
        breaker_store.write(breaker_store.collect(self.breakers))
        self.read()

    def read(self) -> None:
        rows, self.seen = breaker_store.changed_since(self.seen)
        breaker_store.merge(self.breakers, rows)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def word(self, model: str = "gpt") -> str:
        return str(self.breakers.state(self.provider, model).state)


@pytest.fixture
def acme() -> Provider:
    return Provider.objects.create(name="acme", vendor="openai")


def both(acme: Provider, *, ahead: float = 0) -> tuple[Process, Process]:
    """The first, whose clock may be ahead, has opened its breakers, and both know."""
    one, two = Process(acme, ahead=ahead), Process(acme)
    one.call(DOWN, times=10)
    one.exchange()
    two.exchange()
    return one, two


def row(acme: Provider, model: str = "gpt") -> BreakerState:
    return BreakerState.objects.get(provider=acme, model=model)


def story(model: str = "gpt") -> list[tuple[str, str]]:
    return list(ProviderEvent.objects.filter(model=model).order_by("id").values_list("before", "after"))


def test_open_in_one_process_is_open_in_all(acme: Provider) -> None:
    one, two = both(acme)
    assert two.breakers.enter(acme.pk, "gpt") is None and two.breakers.enter(acme.pk, "another") is None
    assert one.breakers.state(acme.pk, "gpt").until == two.breakers.state(acme.pk, "gpt").until
    found = row(acme)
    assert (found.state, found.wait) == ("open", 15)
    assert found.until is not None and found.opened_at is not None
    assert found.until - found.opened_at == timedelta(seconds=15)
    event = ProviderEvent.objects.get(model="gpt")
    assert (event.kind, event.provider, event.before, event.after) == ("breaker", acme, "closed", "open")
    assert event.reason == found.reason == one.breakers.state(acme.pk, "gpt").reason
    assert abs(event.at - one.now) < timedelta(milliseconds=1)


def test_it_goes_half_open_by_itself_in_each_process_and_closes_in_all(acme: Provider) -> None:
    one, two = both(acme)
    for process in (one, two):
        process.later(15)
        assert process.word() == process.word("") == "half_open"
    two.call(times=2)
    assert one.word() == "half_open"
    two.exchange()
    one.exchange()
    assert one.word() == one.word("") == row(acme).state == row(acme, "").state == "closed"
    assert story() == [("closed", "open"), ("open", "half_open"), ("half_open", "closed")]


def test_a_probe_that_failed_opens_it_everywhere_for_twice_as_long(acme: Provider) -> None:
    one, two = both(acme)
    one.later(15)
    two.later(15)
    two.call(DOWN, model="other")
    two.exchange()
    one.exchange()
    assert one.word("") == "open" and row(acme, "").wait == 30
    assert one.breakers.state(acme.pk).until == pytest.approx(one.now.timestamp() + 30, abs=0.1)
    one.later(30)
    one.call(DOWN, model="other")
    one.exchange()
    assert row(acme, "").wait == 60, "it goes on doubling, whoever probes"


def test_a_restart_forgets_nothing(acme: Provider) -> None:
    one, _ = both(acme)
    fresh = Process(acme)
    fresh.read()
    assert fresh.word() == "open" and fresh.breakers.enter(acme.pk, "gpt") is None
    assert fresh.breakers.drain() == []
    one.later(15)
    one.call(DOWN)
    one.exchange()
    late = Process(acme)
    late.later(100)
    late.read()
    assert (late.word(), late.word("")) == ("half_open", "half_open")
    late.call(times=2)
    assert (late.word(), late.word("")) == ("closed", "closed")


def test_a_late_look_does_not_overrule_what_others_learnt(acme: Provider) -> None:
    one, two = both(acme)
    one.later(15)
    one.call(times=2)
    one.exchange()
    two.later(15.3)
    held = two.breakers.enter(acme.pk, "gpt")  # half-open here only now, after the other has closed it
    assert held is not None and two.word() == "half_open"
    two.exchange()
    one.exchange()
    assert one.word() == two.word() == row(acme).state == "closed"
    two.breakers.leave(held, DOWN)
    assert two.word() == "closed", "it began before"


def test_the_later_news_wins_whichever_is_written_first(acme: Provider) -> None:
    one, two = Process(acme), Process(acme)
    two.later(1)
    one.call(DOWN, times=10)
    two.call(DOWN, times=10)
    two.exchange()
    until = row(acme).until
    one.now = two.now
    one.exchange()
    assert row(acme).until == until
    assert one.breakers.state(acme.pk, "gpt").until == two.breakers.state(acme.pk, "gpt").until
    assert story() == [("closed", "open")]


def test_what_two_processes_opened_at_the_same_time_is_one_event(acme: Provider) -> None:
    one, two = Process(acme), Process(acme)
    two.later(0.1)
    one.call(DOWN, times=10)
    two.call(DOWN, times=10)
    one.exchange()
    until = row(acme).until
    two.exchange()
    assert until is not None and row(acme).until == until + (two.now - one.now)
    assert story() == [("closed", "open")]


def test_what_could_not_be_written_is_written_next_time(acme: Provider) -> None:
    one = Process(acme)
    one.call(DOWN, times=10)
    notes = breaker_store.collect(one.breakers)
    one.later(15)
    one.call(times=2)
    breaker_store.give_back(one.breakers, notes)
    one.exchange()
    assert row(acme).state == one.word() == "closed"
    assert story() == [("closed", "open"), ("open", "half_open"), ("half_open", "closed")]


def test_two_processes_that_were_alone_agree_again_when_the_database_is_back(acme: Provider) -> None:
    one, two = both(acme)
    for process in (one, two):
        process.later(15)
    one.call(DOWN)
    two.later(2)
    two.call(times=2)
    one.exchange()
    two.exchange()
    one.exchange()
    assert one.word() == two.word() == row(acme).state == "closed"


@pytest.mark.parametrize("ahead", [0, 40, -10])
def test_an_admins_word_counts_in_every_process_whatever_its_clock(acme: Provider, ahead: float) -> None:
    one, two = both(acme, ahead=ahead)
    assert breaker_store.close_by_hand(acme.pk, "gpt", now=timezone.now())
    assert breaker_store.close_by_hand(acme.pk, now=timezone.now())
    assert not breaker_store.close_by_hand(acme.pk, now=timezone.now())
    assert not breaker_store.close_by_hand(acme.pk, "never called", now=timezone.now())
    for process in (one, two):
        process.exchange()
        assert (process.word(), process.word("")) == ("closed", "closed")
        process.call()
    assert story() == [("closed", "open"), ("open", "closed")]
    assert ProviderEvent.objects.filter(model="gpt").latest("id").reason == "closed by hand"


@pytest.mark.parametrize("ahead", [40, -10])
def test_a_close_counts_whatever_the_clocks(acme: Provider, ahead: float) -> None:
    one, two = both(acme, ahead=ahead)
    two.later(30)
    two.call(times=2)
    two.exchange()
    one.exchange()
    assert one.word() == two.word() == "closed"
    one.later(20)
    one.call(DOWN, times=10)
    one.exchange()
    two.read()
    assert one.word() == row(acme).state == "open", "and what opens afterwards is later, though a clock is behind"


def test_a_row_that_is_read_again_keeps_nobody_open_for_longer(acme: Provider) -> None:
    one, two = both(acme, ahead=40)
    for _ in range(10):
        two.later(1.5)
        two.read()
    assert two.word() == two.word("") == "half_open"
    assert one.word() == "open"


def test_breakers_of_a_provider_deleted_meanwhile_are_left_out(acme: Provider) -> None:
    one = Process(acme)
    other = Provider.objects.create(name="other", vendor="openai")
    one.call(DOWN, times=10)
    one.provider = other.pk
    one.call(DOWN, times=10)
    acme.delete()
    one.exchange()
    assert set(BreakerState.objects.values_list("provider", "model")) == {(other.pk, ""), (other.pk, "gpt")}


@pytest.mark.parametrize("model", ["m" * 251, "nul\x00", "half a pair \ud800"])
def test_a_model_name_no_database_takes_does_not_hold_up_the_others(acme: Provider, model: str) -> None:
    one = Process(acme)
    one.call(DOWN, model=model, times=10)
    assert one.word(model) == "open"
    one.exchange()
    assert list(BreakerState.objects.values_list("model", flat=True)) == [""]


def test_clocks_that_differ_by_less_than_a_second_are_one_clock(acme: Provider) -> None:
    one, two = both(acme, ahead=0.9)
    assert one.breakers.state(acme.pk).until == two.breakers.state(acme.pk).until


def test_rows_that_closed_long_ago_take_no_memory(acme: Provider) -> None:
    one, _ = both(acme)
    one.later(15)
    one.call(times=2)
    one.exchange()
    soon, late = Process(acme), Process(acme)
    late.later(3700)
    for process in (soon, late):
        process.read()
    assert set(soon.breakers.all_states()) == {(acme.pk, ""), (acme.pk, "gpt")}
    assert late.breakers.all_states() == {}


def test_a_long_reason_is_cut(acme: Provider) -> None:
    one = Process(acme)
    one.call(VendorFailed("x" * 5000), times=10)
    one.exchange()
    assert 300 <= len(row(acme).reason) <= 500


def test_many_breakers_are_written_in_a_few_queries(acme: Provider, django_assert_max_num_queries: object) -> None:
    one = Process(acme)
    for n in range(300):
        one.call(DOWN, model=f"m{n}", times=1)
        if one.word("") == "open":
            one.breakers.reset(acme.pk)
    one.breakers.drain()
    one.breakers.set_rules(BreakerRules(minimum=1))
    for n in range(300):
        one.call(DOWN, model=f"m{n}")
        one.breakers.reset(acme.pk)
    notes = breaker_store.collect(one.breakers)
    assert len(notes) >= 300
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        breaker_store.write(notes)
    assert BreakerState.objects.filter(state="open").count() == 300
    with django_assert_max_num_queries(0):  # type: ignore[operator]
        breaker_store.write([])


def test_a_process_knows_its_own_news_again_whatever_its_clocks_resolution(acme: Provider) -> None:
    times = [1_790_000_000 + n / 7 for n in range(60)]
    breakers = [Breakers(BreakerRules(minimum=1), clock=lambda at=at: at) for at in times]  # type: ignore[misc]
    for n, one in enumerate(breakers):
        taken = one.enter(acme.pk, f"m{n}")
        assert taken is not None
        one.leave(taken, DOWN)
        before = one.all_states()
        breaker_store.write(breaker_store.collect(one))
        breaker_store.merge(one, BreakerState.objects.filter(model=f"m{n}"))
        assert one.all_states() == before
        other = Breakers(clock=lambda at=times[n]: at)  # type: ignore[misc]
        breaker_store.merge(other, BreakerState.objects.filter(model=f"m{n}"))
        assert other.state(acme.pk, f"m{n}").until == one.state(acme.pk, f"m{n}").until


def test_times_survive_the_way_through_the_database(acme: Provider) -> None:
    one = Process(acme)
    one.now = datetime(2026, 9, 21, 12, 0, 0, 123457, tzinfo=UTC)
    one.call(DOWN, times=10)
    before = one.breakers.state(acme.pk, "gpt")
    one.exchange()
    one.exchange()
    assert one.breakers.state(acme.pk, "gpt") == before
    assert one.breakers.drain() == []
