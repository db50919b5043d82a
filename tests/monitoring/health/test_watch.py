"""Rounds of the watch, against a vendor that dies and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest

from monitoring.duties import duty
from monitoring.health import board, work
from monitoring.health.topic import HealthChange, health_changed
from monitoring.models import HealthCheck, HealthSpan, HealthState, Outage
from providers.models import BreakerState, Provider, Token, TokenState
from tests.fake_vendor import Answer, FakeVendor, failing, in_thread
from tests.monitoring.health.cast import Clock, attempts, make_provider

pytestmark = pytest.mark.django_db
MODELS = "/v1/models"


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with in_thread() as made:
        yield made


@pytest.fixture
def acme(vendor: FakeVendor) -> Provider:
    Provider.objects.exclude(name="acme").update(dispatch="off")
    return make_provider(vendor.url)


@pytest.fixture
def told() -> Iterator[list[HealthChange]]:
    heard: list[HealthChange] = []
    stop = health_changed.subscribe(heard.append)
    yield heard
    stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def now_is(name: str = "acme", model: str = "") -> tuple[str, str]:
    found = next(one for one in board.states(models=True) if (one.provider, one.model) == (name, model))
    return found.status, found.signal


def rounds(clock: Clock, *, minutes: float) -> None:
    for _ in range(round(minutes * 3)):
        clock.pass_(seconds=20)
        work.look(clock=clock)


def test_before_the_first_round_nothing_is_known(acme: Provider) -> None:
    assert now_is() == ("unknown", "")


def test_without_traffic_a_free_probe_tells(acme: Provider, vendor: FakeVendor, clock: Clock) -> None:
    work.look(clock=clock)
    assert now_is() == ("healthy", "probe")
    assert len(vendor.calls(MODELS)) == 1 and not vendor.calls()
    (check,) = board.checks(provider="acme")
    assert (check.kind, check.ok, check.status, check.cost_nano) == ("probe", True, 200, 0)
    rounds(clock, minutes=4)
    assert len(vendor.calls(MODELS)) == 1
    rounds(clock, minutes=2)
    assert len(vendor.calls(MODELS)) == 2


def test_traffic_spares_the_probe(acme: Provider, vendor: FakeVendor, clock: Clock) -> None:
    attempts("acme", at=clock(), answered=3)
    work.look(clock=clock)
    assert now_is() == ("healthy", "traffic") and now_is(model="fake-large") == ("healthy", "traffic")
    assert not vendor.requests


def test_one_that_dies_and_comes_back(
    acme: Provider,
    vendor: FakeVendor,
    clock: Clock,
    told: list[HealthChange],
    django_capture_on_commit_callbacks: object,
) -> None:
    attempts("acme", at=clock(), answered=5)
    work.look(clock=clock)
    vendor.script(failing(500), path=MODELS)
    clock.pass_(seconds=20)
    attempts("acme", at=clock(), failed=20, then="spare")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        work.look(clock=clock)
    died = clock()
    assert now_is() == ("down", "traffic") and now_is(model="fake-large")[0] == "down"
    assert [(one.before and one.before.status, one.after.status, one.after.model) for one in told] == [
        ("healthy", "down", ""),
        ("healthy", "down", "fake-large"),
    ]
    rounds(clock, minutes=3)
    assert now_is()[0] == "down"
    vendor.script(Answer(body=b'{"object": "list", "data": []}'), path=MODELS)
    rounds(clock, minutes=8)
    assert now_is() == ("healthy", "probe")
    (whole,) = [one for one in board.outages(since=clock.began, provider="acme") if not one.model]
    assert (whole.status, whole.began_at, whole.signal, whole.fallbacks) == ("down", died, "traffic", 20)
    assert whole.ended_at is not None and whole.ended_at > died
    (up,) = board.uptimes(since=clock.began, until=clock(), provider="acme")
    assert up.outages == 1 and up.share is not None and 0 < up.share < 1
    assert up.mean_recovery_s == up.down_s == (whole.ended_at - died).total_seconds()
    assert up.fallbacks == 20


def test_with_traffic_it_recovers_as_soon_as_calls_are_answered(
    acme: Provider, vendor: FakeVendor, clock: Clock
) -> None:
    attempts("acme", at=clock(), failed=20)
    work.look(clock=clock)
    assert now_is()[0] == "down"
    clock.pass_(seconds=20)
    attempts("acme", at=clock(), answered=3)
    work.look(clock=clock)
    assert now_is() == ("healthy", "traffic")


def test_a_dead_address_is_probed_less_and_less_often(acme: Provider, vendor: FakeVendor, clock: Clock) -> None:
    vendor.script(failing(503), path=MODELS)
    rounds(clock, minutes=30)
    assert now_is() == ("down", "probe")
    at = list(HealthCheck.objects.order_by("at").values_list("at", flat=True))
    waits = [(later - sooner).total_seconds() for sooner, later in pairwise(at)]
    assert waits[:4] == [40, 60, 120, 240] and max(waits) <= 600


def test_one_failed_probe_is_no_outage(acme: Provider, vendor: FakeVendor, clock: Clock) -> None:
    work.look(clock=clock)
    vendor.script(failing(500), path=MODELS, times=1)
    clock.pass_(minutes=6)
    work.look(clock=clock)
    rounds(clock, minutes=2)
    assert now_is() == ("healthy", "probe") and not Outage.objects.exists()


def test_a_vendor_without_a_free_call_is_unknown_and_says_so(vendor: FakeVendor, clock: Clock) -> None:
    made = make_provider(vendor.url, name="zen", vendor="baichuan")
    Token.objects.create(provider=made, secret="sk-of-the-zen")
    work.look(clock=clock)
    found = next(one for one in board.states() if one.provider == "zen")
    assert found.status == "unknown" and "no free call" in found.reason
    assert not vendor.requests


def test_what_is_switched_off_is_off_and_no_downtime(acme: Provider, clock: Clock) -> None:
    work.look(clock=clock)
    rounds(clock, minutes=1)
    Provider.objects.filter(pk=acme.pk).update(dispatch="off")
    rounds(clock, minutes=10)
    assert now_is() == ("off", "")
    (up,) = board.uptimes(since=clock.began, until=clock(), provider="acme")
    assert up.share == 1.0
    watched = sum((one.until - one.began_at for one in HealthSpan.objects.all()), timedelta())
    assert watched <= timedelta(seconds=80)


def test_an_open_breaker_is_down_and_its_words_do_not_leak(acme: Provider, clock: Clock) -> None:
    BreakerState.objects.create(
        provider=acme,
        state="open",
        reason="6 of 9 calls within 60 s failed, the last one: my secret prompt",
        until=clock() + timedelta(minutes=1),
        changed_at=clock(),
    )
    work.look(clock=clock)
    found = next(one for one in board.states() if one.provider == "acme")
    assert (found.status, found.signal) == ("down", "breaker")
    assert "6 of 9 calls" in found.reason and "secret" not in found.reason


def test_a_provider_stays_down_while_the_probes_of_its_models_fail(acme: Provider, clock: Clock) -> None:
    """Its own breaker waits half-open then: a model that stays broken does not open it again."""
    soon = clock() + timedelta(minutes=1)
    BreakerState.objects.create(provider=acme, state="half_open", changed_at=clock())
    for model in ("gone", "away"):
        BreakerState.objects.create(provider=acme, model=model, state="open", until=soon, changed_at=clock())
    attempts("acme", model="gone", at=clock(), failed=1)
    work.look(clock=clock)
    assert now_is() == ("down", "breaker")
    attempts("acme", model="there", at=clock(), answered=1)
    work.look(clock=clock)
    assert now_is() == ("degraded", "breaker")


def test_a_pool_of_rejected_tokens_is_down_until_one_is_accepted(
    acme: Provider, vendor: FakeVendor, clock: Clock
) -> None:
    token = Token.objects.create(provider=acme, secret="sk-gone")
    vendor.script(failing(401), path=MODELS)
    work.look(clock=clock)
    assert TokenState.objects.get(pk=token.pk).health == "suspended"
    assert now_is() == ("down", "test")
    vendor.script(Answer(body=b'{"object": "list", "data": []}'), path=MODELS)
    rounds(clock, minutes=3)
    assert now_is()[0] == "healthy"


def test_two_rounds_at_once_make_one_outage(acme: Provider, clock: Clock) -> None:
    work.look(clock=clock)
    clock.pass_(seconds=20)
    attempts("acme", at=clock(), failed=20)
    other = HealthState.objects.get(provider=acme, model="")
    assert work.look(clock=clock) == 1
    HealthState.objects.filter(pk=other.pk).update(status="healthy", since=other.since)  # as the other still read it
    work.look(clock=clock)
    assert Outage.objects.filter(model="").count() == 1


def test_who_finds_the_duty_taken_does_nothing(acme: Provider, clock: Clock) -> None:
    with duty(work.DUTY, seconds=60):
        assert work.watch(clock=clock) == 0
    assert not HealthState.objects.exists()
    work.watch(clock=clock)
    assert HealthState.objects.exists()


def test_a_gap_in_the_watch_counts_neither_as_up_nor_as_down(acme: Provider, vendor: FakeVendor, clock: Clock) -> None:
    attempts("acme", at=clock(), failed=20)
    work.look(clock=clock)
    clock.pass_(seconds=60)
    work.look(clock=clock)
    clock.pass_(hours=5)  # the process was dead
    attempts("acme", at=clock(), answered=20)
    work.look(clock=clock)
    clock.pass_(seconds=60)
    work.look(clock=clock)
    assert now_is()[0] == "healthy"
    (up,) = board.uptimes(since=clock.began, until=clock(), provider="acme")
    assert (up.down_s, up.share) == (60, 0.5)


def test_a_round_that_dies_after_its_probes_leaves_nothing_half_done(
    acme: Provider, vendor: FakeVendor, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts("acme", at=clock(), failed=20)
    with monkeypatch.context() as patch:
        patch.setattr("monitoring.health.changes._outage", _dies)
        with pytest.raises(SystemExit):
            work.watch(clock=clock)
    assert not HealthState.objects.exists() and not Outage.objects.exists()
    work.watch(clock=clock)
    assert now_is()[0] == "down" and Outage.objects.filter(model="").count() == 1


def _dies(*_: object) -> None:
    raise SystemExit


def test_a_model_that_nobody_calls_any_more_is_forgotten(acme: Provider, clock: Clock) -> None:
    attempts("acme", at=clock(), answered=5)
    work.look(clock=clock)
    clock.pass_(days=8)
    work.look(clock=clock)
    work.prune(now=clock())
    assert list(HealthState.objects.filter(provider=acme).values_list("model", flat=True)) == [""]


def test_it_probes_from_within_no_transaction_and_many_at_once(vendor: FakeVendor, clock: Clock) -> None:
    for number in range(20):
        make_provider(vendor.url, name=f"acme_{number}")
    work.look(clock=clock)
    assert len(vendor.calls(MODELS)) == 20
