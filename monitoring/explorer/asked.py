"""A filter as it was asked for: query parameters in people's units (names, dollars, milliseconds) into a LogFilter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_date, parse_datetime

from gateway.models import ApiKey, Team
from monitoring.access import Viewer
from monitoring.explorer.filters import CLASSES, DAY, HITS, FilterError, LogFilter
from monitoring.explorer.places import EPOCH
from monitoring.models import RequestLog
from providers.pricing.money import nano

PARAMETERS = (
    *("since", "until", "team", "key", "provider", "model", "asked", "status", "ended_by", "error", "error_code"),
    *("cost_min", "cost_max", "latency_min", "latency_max", "session", "request", "cached", "judged", "endpoint"),
    "stream",
)
SPANS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": DAY, "w": 7 * DAY}
MOST_VALUES, MOST_LENGTH = 50, 300
_LARGEST = 2**63 - 1
_SPAN = re.compile(r"([0-9]{1,6})\s*([mhdw])", re.ASCII)
_YES_NO = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def read_filter(params: Mapping[str, Any], viewer: Viewer) -> LogFilter:
    """Of a query string; parameters that are none of ``PARAMETERS`` are not looked at. Reads the teams and keys that
    are named from the database. Raises ``FilterError``."""
    asked = _Asked(params)
    since, last = _since(asked.one("since"))
    until = _until(asked.one("until"))
    if since and until and since >= until:
        raise FilterError("until", "The end of the time must lie after its beginning.")
    found = LogFilter(
        since=since,
        last=last,
        until=until,
        teams=tuple(_ids("team", asked.several("team", commas=False), _teams(viewer))),
        api_keys=tuple(_ids("key", asked.several("key", commas=False), _keys(viewer))),
        providers=asked.several("provider"),
        models=asked.several("model"),
        asked=asked.several("asked"),
        endpoints=asked.several("endpoint"),
        statuses=asked.several("status", _status),
        ended_by=asked.several("ended_by", _choice("ended_by", RequestLog.EndedBy.values)),
        error=asked.one("error"),
        error_code=asked.one("error_code"),
        cost_min=_number(asked, "cost_min", nano, "an amount of US dollars, as 0.05"),
        cost_max=_number(asked, "cost_max", nano, "an amount of US dollars, as 0.05"),
        latency_min=_number(asked, "latency_min", _microseconds, "a number of milliseconds, as 1500"),
        latency_max=_number(asked, "latency_max", _microseconds, "a number of milliseconds, as 1500"),
        session=asked.one("session"),
        request=asked.one("request"),
        cached=asked.word("cached", ("yes", "no", *HITS, "stored")),
        judged=asked.word("judged", ("any", "none", *RequestLog.Judged.values)),
        stream=_YES_NO.get(asked.word("stream", tuple(_YES_NO))),
    )
    for name, least, most in (
        ("cost_max", found.cost_min, found.cost_max),
        ("latency_max", found.latency_min, found.latency_max),
    ):
        if least is not None and most is not None and least > most:
            raise FilterError(name, f"{name} is smaller than {name.replace('max', 'min')}: nothing lies between.")
    return found


class _Asked:
    """The texts of the parameters, without what is empty. A value given twice counts once."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._params = params

    def several(self, name: str, read: Callable[[str], str] = str, *, commas: bool = True) -> tuple[str, ...]:
        texts = [part for text in self._texts(name) for part in (text.split(",") if commas else [text])]
        found = tuple(dict.fromkeys(read(text.strip()) for text in texts if text.strip()))
        if len(found) > MOST_VALUES:
            raise FilterError(name, f"{name} takes at most {MOST_VALUES} values.")
        return found

    def one(self, name: str) -> str:
        texts = [text.strip() for text in self._texts(name) if text.strip()]
        if len(set(texts)) > 1:
            raise FilterError(name, f"{name} takes one value.")
        return texts[0] if texts else ""

    def word(self, name: str, words: Sequence[str]) -> str:
        text = self.one(name).lower()
        return _choice(name, words)(text) if text else ""

    def _texts(self, name: str) -> list[str]:
        getlist = getattr(self._params, "getlist", None)
        given = getlist(name) if getlist else self._params.get(name, ())
        texts = [str(one) for one in ([given] if isinstance(given, str | int | float) else given or ())]
        for text in texts:
            if "\0" in text:
                raise FilterError(name, f"{name} holds a character that no row can hold.")
            if len(text) > MOST_LENGTH:
                raise FilterError(name, f"{name} is longer than {MOST_LENGTH} characters.")
        return texts


def _choice(name: str, words: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise FilterError(name, f"{name} is one of {', '.join(words)}; {text!r} is not.")
        return text

    return read


def _status(text: str) -> str:
    word = text.lower()
    if word in CLASSES or re.fullmatch("0|[1-5][0-9]{2}", word, re.ASCII):
        return word
    raise FilterError("status", f"status is one of {', '.join(CLASSES)} or a code as 429; {text!r} is neither.")


def _number(asked: _Asked, name: str, read: Callable[[str], int | None], form: str) -> int | None:
    text = asked.one(name)
    if not text:
        return None
    found = read(text)
    if found is None:
        raise FilterError(name, f"{name} is {form}; {text!r} is not.")
    return found


def _microseconds(text: str) -> int | None:
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{0,6})?", text, re.ASCII):
        return None
    return min(round(float(text) * 1000), _LARGEST)


# --- time ----------------------------------------------------------------------------------------


def _since(text: str) -> tuple[datetime | None, timedelta | None]:
    """A moment, or how far back."""
    if not text:
        return None, DAY
    if text.lower() == "all":
        return None, None
    if span := _SPAN.fullmatch(text.lower()):
        return None, min(int(span[1]) * SPANS[span[2]], 36_500 * DAY)
    return _moment("since", text, "a time as 2026-05-01T08:00Z, how far back as 30m, 6h or 7d, or all"), None


def _until(text: str) -> datetime | None:
    return _moment("until", text, "a time as 2026-05-01T08:00Z") if text else None


def _moment(name: str, text: str, form: str) -> datetime:
    """Without a zone it is UTC; a day alone is its beginning."""
    plain = re.sub(r" (?=[0-9]{2}:?[0-9]{2}$)", "+", text)  # a plus that the address took for a blank
    try:
        day: date | None = parse_date(plain)
        found = datetime.combine(day, time()) if day else parse_datetime(plain)
        if found is not None:
            aware = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
            return max(aware, EPOCH)
    except (ValueError, OverflowError):
        pass
    raise FilterError(name, f"{name} is {form}; {text!r} is not.")


# --- teams and keys by name or id ------------------------------------------------------------------


def _teams(viewer: Viewer) -> QuerySet[Any]:
    return viewer.of_teams(Team.objects.order_by(), "pk")


def _keys(viewer: Viewer) -> QuerySet[Any]:
    return viewer.of_teams(ApiKey.objects.order_by())


def _ids(name: str, texts: Sequence[str], rows: QuerySet[Any]) -> list[int]:
    """An id need not exist any more: the log outlives what it tells of. A name must be known, and one that may not be
    seen is not known."""
    if not texts:
        return []
    known = dict(rows.filter(name__in=texts).values_list("name", "pk"))
    return [known[text] if text in known else _id(name, text) for text in texts]


def _id(name: str, text: str) -> int:
    if re.fullmatch("[0-9]{1,18}", text, re.ASCII):
        return int(text)
    what = "team" if name == "team" else "API key"
    raise FilterError(name, f"There is no {what} {text!r} here. One that was deleted is found by its id.")
