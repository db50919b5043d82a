"""Which limits hold for a key or a team, number by number, and where each comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Q
from django.urls import reverse

from gateway.models import ApiKey, Limit, Team

WORDS = {
    "requests_per_minute": "Requests a minute",
    "usage_per_minute": "Usage a minute",
    "parallel": "Requests at once",
}
OWN, OF_TEAM, OF_ALL = "its own", "each key of its team", "each key of all"


class Number(NamedTuple):
    """``source`` is "" where nobody set it: any number may come."""

    name: str
    value: str
    source: str
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """What is counted together."""

    title: str
    numbers: tuple[Number, ...]


def of_key(key: ApiKey) -> list[Group]:
    """The key's own numbers first, then those it shares with its team, and with everyone."""
    rows = _rows(Q(subject="key", api_key=key.pk) | _of_team(key.team_id))
    chain = [(OWN, _first(rows, "key")), (OF_TEAM, _first(rows, "each_key", team=True))]
    groups = [_group("This key", [*chain, (OF_ALL, _first(rows, "each_key"))])]
    if key.team is not None:
        groups.append(_group(f"All keys of {key.team} together", [("the team's", _first(rows, "team"))]))
    return [*groups, _group("Everyone together", [("everyone's", _first(rows, "everyone"))])]


def of_team(team: Team) -> list[Group]:
    rows = _rows(_of_team(team.pk))
    each = [("this team's keys", _first(rows, "each_key", team=True)), (OF_ALL, _first(rows, "each_key"))]
    return [
        _group("All its keys together", [("the team's", _first(rows, "team"))]),
        _group("Each of its keys, unless the key has its own", each),
        _group("Everyone together", [("everyone's", _first(rows, "everyone"))]),
    ]


def _of_team(team_id: int | None) -> Q:
    shared = Q(subject__in=("everyone", "each_key"), team=None)
    return shared | Q(subject__in=("team", "each_key"), team=team_id) if team_id is not None else shared


def _rows(wanted: Q) -> list[Limit]:
    return list(Limit.objects.filter(wanted, enabled=True))


def _first(rows: Sequence[Limit], subject: str, *, team: bool = False) -> Limit | None:
    with_team = team or subject == "team"
    return next((row for row in rows if row.subject == subject and (row.team_id is not None) == with_team), None)


def _group(title: str, chain: Sequence[tuple[str, Limit | None]]) -> Group:
    return Group(title, tuple(_number(name, chain) for name in Limit.NUMBERS))


def _number(name: str, chain: Sequence[tuple[str, Limit | None]]) -> Number:
    for source, row in chain:
        value = getattr(row, name, None)
        if row is not None and value is not None:
            url = reverse("admin:gateway_limit_change", args=[row.pk])
            return Number(WORDS[name], f"{value:,}", source, url)
    return Number(WORDS[name], "any", "", "")
