"""The filter bar: what can be chosen, what is, and the address without each of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from gateway.models import ApiKey
from monitoring.access import Viewer
from monitoring.dashboards.address import Address
from monitoring.explorer.asked import PARAMETERS
from monitoring.models import RequestLog
from providers.models import Model, Provider

SPANS = (("1h", "1 h"), ("6h", "6 h"), ("24h", "24 h"), ("7d", "7 d"), ("30d", "30 d"), ("all", "All"))
USUAL = "24h"
STATUSES = (
    ("2xx", "2xx answered"),
    ("4xx", "4xx refused"),
    ("5xx", "5xx failed"),
    ("429", "429 too many"),
    ("499", "499 the app left"),
)
JUDGED = (("any", "Any verdict"), *RequestLog.Judged.choices, ("none", "No verdict"))
CACHED = (
    ("yes", "From the cache"),
    ("hit", "The same request"),
    ("similar", "A similar request"),
    ("joined", "Joined a call in flight"),
    ("stored", "Kept for later"),
    ("no", "Not from the cache"),
)
TITLES = {
    "since": "from",
    "until": "until",
    "key": "API key",
    "ended_by": "ended",
    "asked": "asked for",
    "error": "error has",
    "error_code": "error code",
    "cost_min": "cost from $",
    "cost_max": "cost to $",
    "latency_min": "latency from ms",
    "latency_max": "latency to ms",
    "request": "request id",
    "cached": "answer cache",
    "judged": "verdict",
}
MORE = (
    *(
        "since",
        "until",
        "asked",
        "cost_min",
        "cost_max",
        "latency_min",
        "latency_max",
        "session",
        "request",
        "error_code",
    ),
    *("ended_by", "cached", "judged", "endpoint", "stream"),
)
MOST_OFFERED = 300  # names of keys and models that are offered while one types; any other may be typed
ENDPOINTS = ("chat.completions", "messages", "completions", "embeddings", "rerank", "moderations")


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Chip:
    title: str
    label: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """``given`` holds the first value of each parameter, for the form's fields."""

    spans: Sequence[tuple[str, str, bool]]  # address, words, chosen
    selects: Sequence[tuple[str, str, Sequence[Option]]]  # parameter, the word for all, options
    more_selects: Sequence[tuple[str, str, Sequence[Option]]]
    given: dict[str, str]
    chips: Sequence[Chip]
    keys: Sequence[str]
    models: Sequence[str]
    cleared: str
    more: int = 0
    kept: Sequence[tuple[str, str]] = field(default=())  # further values that the form has no field for


def choices(viewer: Viewer, address: Address) -> Choices:
    """Reads names from the database, never the log."""
    given = {name: values[0] for name, values in address.query if name in PARAMETERS}
    teams = [(str(team.pk), team.name) for team in viewer.teams_shown()]
    providers = [(name, name) for name in Provider.objects.order_by("name").values_list("name", flat=True)]
    selects = [("status", "Any status", STATUSES), ("provider", "Every provider", providers)]
    if len(teams) > 1:
        selects.append(("team", "Every team", teams))
    endpoints = [(name, name) for name in ENDPOINTS]
    more: list[tuple[str, str, Sequence[tuple[str, str]]]] = [
        ("ended_by", "However it ended", RequestLog.EndedBy.choices),
        ("cached", "Answer cache or not", CACHED),
        ("judged", "Verdict or not", JUDGED),
        ("endpoint", "Every endpoint", endpoints),
        ("stream", "Streamed or not", (("yes", "Streamed"), ("no", "Whole"))),
    ]
    keys = viewer.of_teams(ApiKey.objects.order_by("name")).values_list("pk", "name")[:MOST_OFFERED]
    names = {("team", pk): name for pk, name in teams} | {("key", str(pk)): name for pk, name in keys}
    return Choices(
        spans=[(str(_at(address, since=value)), words, value == _span(given)) for value, words in SPANS],
        selects=[(name, every, _options(name, options, address)) for name, every, options in selects],
        more_selects=[(name, every, _options(name, options, address)) for name, every, options in more],
        given=given,
        chips=_chips(address, names),
        keys=[name for _, name in keys],
        models=list(_models()),
        cleared=str(address.at(address.path, "since")),
        more=sum(name in given for name in MORE if name != "since" or not _preset(given)),
        kept=[(name, one) for name, values in address.query if name in PARAMETERS for one in values[1:]],
    )


def further(address: Address) -> tuple[str, str] | None:
    """The address of the next longer time, and its words."""
    given = (address.values("since") or (USUAL,))[0]
    longer = {"1h": "24h", "6h": "24h", USUAL: "7d", "7d": "30d", "30d": "all", "all": ""}.get(given, "all")
    words = {"24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days", "all": "All time"}
    return (str(address.put(since=longer, until=None)), words[longer]) if longer else None


def _models() -> QuerySet[Any, str]:
    known = Model.objects.filter(enabled=True).order_by("model_id").values_list("model_id", flat=True)
    return known.distinct()[:MOST_OFFERED]


def _at(address: Address, **changes: str) -> Address:
    return address.put(cursor=None, **changes)


def _span(given: dict[str, str]) -> str:
    return "" if "until" in given else given.get("since", USUAL)


def _preset(given: dict[str, str]) -> bool:
    return given.get("since", USUAL) in dict(SPANS)


def _options(name: str, options: Sequence[tuple[Any, Any]], address: Address) -> list[Option]:
    """With what is chosen anyway, and is none of them."""
    chosen = address.values(name)
    found = [Option(str(value), str(label), str(value) in chosen[:1]) for value, label in options]
    known = {one.value for one in found}
    return [*found, *(Option(value, value, True) for value in chosen[:1] if value not in known)]


def _chips(address: Address, names: dict[tuple[str, str], str]) -> list[Chip]:
    found = []
    for name, values in address.query:
        if name not in PARAMETERS or (name == "since" and values[0] in dict(SPANS)):
            continue
        for value in values:
            label = names.get((name, value), value)
            found.append(Chip(TITLES.get(name, name), label, str(_at(address).drop(name, value))))
    return found
