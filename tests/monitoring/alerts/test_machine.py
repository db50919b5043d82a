"""The state machine, against an oracle that remembers everything that was ever seen and knows no states."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitoring.alerts.findings import Finding
from monitoring.alerts.machine import FIRING, PENDING, Incident, Pace, step
from tests.monitoring.alerts.cast import NOW, a_finding, minutes


@dataclass
class Oracle:
    """Keeps the list of all looks and computes from it what a person with a stopwatch would say."""

    pace: Pace
    looks: list[tuple[datetime, int | None]] = field(default_factory=list)  # when, the level of what was found
    open_since: datetime | None = None  # when it was first told
    last_told: datetime | None = None
    last_level: int = 0
    acknowledged: bool = False

    def look(self, now: datetime, level: int | None) -> str:
        self.looks.append((now, level))
        if self.open_since is None:
            return self._maybe_begins(now, level)
        if level is None:
            return self._maybe_over(now)
        worse, self.last_level = level > self.last_level, level
        due = self.pace.repeat and not self.acknowledged and now - self.last_told >= self.pace.repeat  # type: ignore[operator]
        if not (worse or due):
            return ""
        self.last_told, self.acknowledged = now, self.acknowledged and not worse
        return "worse" if worse else "repeat"

    def _streak(self, *, found: bool) -> datetime | None:
        """When the unbroken run of such looks at the end began."""
        began = None
        for at, level in reversed(self.looks):
            if (level is not None) != found:
                break
            began = at
        return began

    def _maybe_begins(self, now: datetime, level: int | None) -> str:
        began = self._streak(found=True)
        if began is None or level is None or now - began < self.pace.wait:
            return ""
        self.open_since = self.last_told = now
        self.last_level, self.acknowledged = level, False
        return "firing"

    def _maybe_over(self, now: datetime) -> str:
        began = self._streak(found=False)
        assert began is not None
        if now - began < self.pace.calm:
            return ""
        self.open_since, self.looks = None, []
        return "recovery" if self.pace.recovery else "ended"


spans = st.integers(0, 12).map(minutes)
looks = st.lists(
    st.tuples(st.integers(1, 4), st.sampled_from(["gone", "gone", "there", "there", "worse", "there, acknowledged"])),
    max_size=60,
)


@given(st.builds(Pace, wait=spans, calm=spans, repeat=spans, recovery=st.booleans()), looks)
def test_what_is_told_is_what_an_oracle_without_states_would_tell(pace: Pace, told: list[tuple[int, str]]) -> None:
    oracle, incident, now = Oracle(pace), None, NOW
    for wait, what in told:
        now += minutes(wait)
        if "acknowledged" in what and incident is not None and incident.state == FIRING:
            incident = replace(incident, acknowledged_at=incident.acknowledged_at or now)
            oracle.acknowledged = True
        level = None if what == "gone" else 2 if what == "worse" else 1
        found = None if level is None else a_finding(level=level)
        took = step(incident, found, pace, now)
        ended = took.now is not None and took.now.state == "ended"
        assert oracle.look(now, level) == (took.news or ("ended" if ended else ""))
        incident = None if ended else took.now
        assert (oracle.open_since is not None) == (incident is not None and incident.state == FIRING)


@given(looks)
def test_what_flaps_faster_than_it_calms_down_is_told_once(told: list[tuple[int, str]]) -> None:
    pace, incident, now, news = Pace(calm=minutes(5)), None, NOW, []
    for _, what in told:
        now += timedelta(seconds=30)
        took = step(incident, None if what == "gone" and len(news) % 2 else a_finding(), pace, now)
        incident = took.now
        if took.news:
            news.append(took.news)
    assert news.count("recovery") <= len(told) // 10


def test_times_of_a_course_are_kept() -> None:
    pace = Pace(wait=minutes(2), calm=minutes(3))
    incident: Incident | None = None
    found: list[Finding | None] = [a_finding(), a_finding(), a_finding(), None, None, None, None]
    for minute, one in enumerate(found):
        incident = step(incident, one, pace, NOW + minutes(minute)).now
        if minute == 0:
            assert incident is not None and incident.state == PENDING
    assert incident is not None
    assert (incident.began_at, incident.fired_at) == (NOW, NOW + minutes(2))
    assert (incident.last_seen_at, incident.calm_since) == (NOW + minutes(2), NOW + minutes(3))
    assert incident.ended_at == NOW + minutes(6)


def test_what_did_not_last_is_never_told_and_leaves_nothing() -> None:
    pace = Pace(wait=minutes(5))
    first = step(None, a_finding(), pace, NOW)
    assert (first.news, first.now is not None and first.now.state) == ("", PENDING)
    assert step(first.now, None, pace, NOW + minutes(4)) == (None, "")


def test_news_that_pass_by_themselves_end_at_once_and_in_silence() -> None:
    pace = Pace(calm=minutes(10))
    begun = step(None, a_finding(passing=True), pace, NOW)
    over = step(begun.now, None, pace, NOW + minutes(1))
    assert (begun.news, over.news) == ("firing", "")
    assert over.now is not None and over.now.ended_at == NOW + minutes(1)


def test_becoming_worse_takes_an_acknowledgement_back() -> None:
    pace = Pace(repeat=minutes(1))
    incident = step(None, a_finding(level=50), pace, NOW).now
    assert incident is not None
    seen_to = replace(incident, acknowledged_at=NOW)
    assert step(seen_to, a_finding(level=50), pace, NOW + minutes(30)).news == ""
    worse = step(seen_to, a_finding(level=80), pace, NOW + minutes(31))
    assert worse.news == "worse" and worse.now is not None and worse.now.acknowledged_at is None
