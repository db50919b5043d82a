"""Which stretch of time a dashboard shows: a range that ends now, or one from a time to a time. All times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitoring.rollups.figures import Span

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LONGEST = timedelta(days=366 * 3)
USUAL = "24h"
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)
READS = "a day or a minute in UTC, as 2026-03-31 or 2026-03-31T18:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """``step``: how much time one point of a chart holds; ``words`` finish the sentence "in …"."""

    name: str
    label: str
    words: str
    length: timedelta
    step: timedelta


RANGES = (
    Range(name="1h", label="1 h", words="the last hour", length=HOUR, step=MINUTE),
    Range(name="6h", label="6 h", words="the last 6 hours", length=6 * HOUR, step=5 * MINUTE),
    Range(name="24h", label="24 h", words="the last 24 hours", length=DAY, step=15 * MINUTE),
    Range(name="7d", label="7 d", words="the last 7 days", length=7 * DAY, step=2 * HOUR),
    Range(name="30d", label="30 d", words="the last 30 days", length=30 * DAY, step=6 * HOUR),
    Range(name="90d", label="90 d", words="the last 90 days", length=90 * DAY, step=DAY),
    Range(name="1y", label="1 y", words="the last 52 weeks", length=364 * DAY, step=7 * DAY),  # weekends even out
)
_BY_NAME = {one.name: one for one in RANGES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """``name`` is that of a range, or "" for one's own from–to. ``problem`` says in a sentence what could not be read;
    the usual range is shown then."""

    name: str
    words: str
    span: Span
    step: timedelta
    problem: str = ""

    @property
    def before(self) -> Span:
        """The span of the same length that ended when this one began."""
        return Span(since=self.span.since - self.span.length, until=self.span.since)


def read(query: Mapping[str, str], *, now: datetime) -> Chosen:
    """From ``range``, or ``from`` and ``to``. Never raises: what cannot be read is told in ``problem``."""
    if query.get("from") or query.get("to"):
        try:
            return _own(query.get("from", ""), query.get("to", ""), now)
        except ValueError as problem:
            return _ending_now(_BY_NAME[USUAL], now, problem=str(problem))
    name = query.get("range") or USUAL
    if name in _BY_NAME:
        return _ending_now(_BY_NAME[name], now)
    known = ", ".join(_BY_NAME)
    return _ending_now(_BY_NAME[USUAL], now, problem=f"There is no such range. Choose one of {known}.")


def _ending_now(one: Range, now: datetime, *, problem: str = "") -> Chosen:
    """Ends with the step (at most a day) that holds ``now``: all points but the last are whole."""
    unit = min(one.step, DAY)
    until = floor(now, unit) + unit
    span = Span(since=floor(until - one.length, one.step), until=until)
    return Chosen(name=one.name, words=one.words, span=span, step=one.step, problem=problem)


def _own(since_text: str, until_text: str, now: datetime) -> Chosen:
    if not since_text:
        raise ValueError("Say from when on, too.")
    since, _ = read_time(since_text, "from")
    end, whole_day = read_time(until_text, "to") if until_text else (now, False)
    until = min(end + DAY if whole_day else end, floor(now, MINUTE) + MINUTE)
    if since < EARLIEST:
        raise ValueError(f"Nothing is known from before {EARLIEST:%Y}.")
    if until <= since:
        raise ValueError("The end must come after the beginning, and the beginning before now.")
    if until - since > LONGEST:
        raise ValueError(f"At most {LONGEST.days // 365} years at once.")
    step = step_for(until - since)
    span = Span(since=floor(since, step), until=until)
    return Chosen(name="", words=between(since, until), span=span, step=step)


def read_time(text: str, name: str) -> tuple[datetime, bool]:
    """The moment, and whether a whole day was named. Raises ``ValueError``."""
    try:
        found = datetime.fromisoformat(text.strip())
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"“{text[:40]}” cannot be read for {name}: give {READS}.") from None
    if not 2000 <= found.year <= 9000:
        raise ValueError(f"“{text[:40]}” is too far away for {name}.")
    return found.replace(second=0, microsecond=0), len(text.strip()) == 10


def step_for(length: timedelta) -> timedelta:
    """The step of the shortest range that is at least as long."""
    return next((one.step for one in RANGES if length <= one.length), 7 * DAY)


def floor(at: datetime, step: timedelta) -> datetime:
    """The last moment at or before ``at`` at which a step of the figures begins: at multiples of its length."""
    return at - (at - datetime(1970, 1, 1, tzinfo=UTC)) % step


def between(since: datetime, until: datetime) -> str:
    """In words: days where both are midnights, else minutes too."""
    last = until - MINUTE
    if since.time() == until.time() == datetime.min.time():
        if since.date() == last.date():
            return day(since)
        same_month = (since.year, since.month) == (last.year, last.month)
        return f"{since.day}–{day(last)}" if same_month else f"{day(since)} to {day(last)}"
    return f"{day(since)} {since:%H:%M} to {day(until)} {until:%H:%M}"


def day(at: datetime) -> str:
    """``3 Mar 2026``."""
    return f"{at.day} {at:%b %Y}"
