"""What of the request log is wanted, as a value and as the database's condition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from monitoring.access import Viewer

DAY = timedelta(days=1)
HITS = ("hit", "similar", "joined")  # what the answer cache gave
CLASSES = ("2xx", "3xx", "4xx", "5xx")
TROUBLED = Q(status__gte=400) | ~Q(ended_by="done")  # as the index "log_troubled" says: all rows with an error


class FilterError(ValueError):
    """A filter that cannot be read. ``param`` is the query parameter, ``message`` one plain sentence for people."""

    def __init__(self, param: str, message: str) -> None:
        super().__init__(message)
        self.param, self.message = param, message


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Empty means all; several values of one field are alternatives, fields narrow each other. From ``since`` on, and
    without one ``last`` far back (``None``: as far as the log goes), up to but not including ``until``. Costs are
    nano-dollars, latencies microseconds, both bounds included. The team or key 0 is none."""

    since: datetime | None = None
    until: datetime | None = None
    last: timedelta | None = DAY
    teams: tuple[int, ...] = ()
    api_keys: tuple[int, ...] = ()
    providers: tuple[str, ...] = ()
    models: tuple[str, ...] = ()  # what answered
    asked: tuple[str, ...] = ()  # the name that was asked for
    endpoints: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()  # one of CLASSES, or a code
    ended_by: tuple[str, ...] = ()
    error: str = ""  # a part of the error's text or code, whatever the case
    error_code: str = ""
    cost_min: int | None = None
    cost_max: int | None = None
    latency_min: int | None = None
    latency_max: int | None = None
    session: str = ""
    request: str = ""  # the id the app was told
    cached: str = ""  # of the answer cache: "yes", "no", or the word of the log
    judged: str = ""  # "any", "none", or one of RequestLog.Judged
    stream: bool | None = None

    def condition(self, viewer: Viewer) -> Q:
        """All but the time. What the viewer may not see is in none of it."""
        found = Q() if viewer.teams is None else Q(team_id__in=sorted(viewer.teams))
        for name, values in (
            ("team_id", self.teams),
            ("api_key_id", self.api_keys),
            ("provider", self.providers),
            ("model", self.models),
            ("requested_model", self.asked),
            ("endpoint", self.endpoints),
            ("ended_by", self.ended_by),
        ):
            found &= _one_of(name, values)
        found &= _any(_status(one) for one in self.statuses)
        found &= self._words()
        found &= _between("cost_nano", self.cost_min, self.cost_max)
        found &= _between("latency_us", self.latency_min, self.latency_max)
        return found if self.stream is None else found & Q(stream=self.stream)

    def _words(self) -> Q:
        found = Q()
        if self.error:  # the first part is what the index of the troubled rows says of itself
            said = Q(error_message__icontains=self.error) | Q(error_code__icontains=self.error)
            found &= TROUBLED & said
        if self.error_code:
            found &= TROUBLED & Q(error_code=self.error_code)
        if self.session:
            found &= ~Q(session="") & Q(session=self.session)
        if self.request:
            found &= Q(request_id=self.request)
        return found & self._cached() & self._judged()

    def _cached(self) -> Q:
        if not self.cached:
            return Q()
        if self.cached in ("yes", "no"):
            hit = ~Q(cache="") & Q(cache__in=HITS)  # the first part as the index says it
            return hit if self.cached == "yes" else ~Q(cache__in=HITS)
        return ~Q(cache="") & Q(cache=self.cached)

    def _judged(self) -> Q:
        if not self.judged:
            return Q()
        if self.judged == "none":
            return Q(judged="")
        return ~Q(judged="") if self.judged == "any" else ~Q(judged="") & Q(judged=self.judged)


def _one_of(name: str, values: tuple[int, ...] | tuple[str, ...]) -> Q:
    if not values:
        return Q()
    found = [one for one in values if one != 0]
    among = Q(**{name: found[0]}) if len(found) == 1 else Q(**{f"{name}__in": found})
    if len(found) == len(values):
        return among
    return Q(**{f"{name}__isnull": True}) | among if found else Q(**{f"{name}__isnull": True})


def _any(conditions: Iterable[Q]) -> Q:
    found = Q()
    for one in conditions:
        found |= one
    return found


def _status(word: str) -> Q:
    """What was answered has the status 200: all others are with the troubled, and found there."""
    if word == "2xx":
        return Q(status__gte=200, status__lt=300)
    if word in CLASSES:
        first = int(word[0]) * 100
        return TROUBLED & Q(status__gte=first, status__lt=first + 100)
    return Q(status=200) if word == "200" else TROUBLED & Q(status=int(word))


def _between(name: str, least: int | None, most: int | None) -> Q:
    found = Q()
    if least is not None:
        found &= Q(**{f"{name}__gte": least})
    return found if most is None else found & Q(**{f"{name}__lte": most})
