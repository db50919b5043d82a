"""What a dashboard is narrowed to: teams, keys, providers and models, each several or none, kept in the address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gateway.models import ApiKey
from monitoring.access import Viewer
from monitoring.dashboards.address import Address
from monitoring.rollups.figures import Group, Only
from monitoring.rollups.labels import OTHERS

MOST = 20  # values of one name
LONGEST = 250  # characters of one


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """``by`` is the figures' word for it, ``param`` the address's."""

    by: str
    param: str
    title: str
    plural: str
    field: str  # of ``Only``
    numbered: bool  # its values are ids

    @property
    def nothing(self) -> str:
        return f"no {self.title[0].lower()}{self.title[1:]}" if self.param != "key" else "no API key"

    def named(self, group: Group) -> str:
        """A group's name; the key 0 or "" is for what has none, and for the rest that is summed up."""
        if group.key in ("", "0") and group.label != OTHERS:
            return self.nothing
        return group.label or group.key


PROVIDER = Dimension(
    by="provider", param="provider", title="Provider", plural="Providers", field="providers", numbered=False
)
MODEL = Dimension(by="model", param="model", title="Model", plural="Models", field="models", numbered=False)
TEAM = Dimension(by="team", param="team", title="Team", plural="Teams", field="teams", numbered=True)
KEY = Dimension(by="api_key", param="key", title="API key", plural="API keys", field="api_keys", numbered=True)
DIMENSIONS = (PROVIDER, MODEL, TEAM, KEY)
OF_PARAM = {one.param: one for one in DIMENSIONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """``chosen`` by the address's word, as text; ``labels`` of those among them that are ids, as far as the viewer may
    know them; ``problems`` are sentences on what could not be read and is left out."""

    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    labels: Mapping[tuple[str, str], str] = field(default_factory=dict)
    problems: Sequence[str] = ()

    @property
    def any(self) -> bool:
        return any(self.chosen.values())

    def only(self, *, without: str = "") -> Only:
        """For the figures; ``without`` one of the address's words."""
        values: dict[str, list[object]] = {}
        for one in DIMENSIONS:
            texts = self.chosen.get(one.param, ()) if one.param != without else ()
            values[one.field] = [int(text) if one.numbered else text for text in texts]
        return Only(**values)  # type: ignore[arg-type]

    def label(self, dimension: Dimension, value: str) -> str:
        if not dimension.numbered:
            return value
        known = self.labels.get((dimension.param, value), "")
        return known or (dimension.nothing if value == "0" else f"{dimension.title} {value}")


def read(address: Address, viewer: Viewer) -> Filters:
    """Reads names of teams and keys from the database. Never raises."""
    chosen: dict[str, tuple[str, ...]] = {}
    problems: list[str] = []
    for one in DIMENSIONS:
        good, bad = _sorted_out(one, address.values(one.param))
        chosen[one.param] = good
        problems += [f"“{value[:40]}” is no {one.title} to filter by; it was left out." for value in bad[:3]]
    labels = {("team", str(team.pk)): team.name for team in viewer.teams_shown()} if chosen["team"] else {}
    if chosen["key"]:
        rows = viewer.of_teams(ApiKey.objects.filter(pk__in=[int(value) for value in chosen["key"]]))
        labels |= {("key", str(pk)): name for pk, name in rows.values_list("pk", "name")}
    return Filters(chosen=chosen, labels=labels, problems=problems)


def _sorted_out(dimension: Dimension, values: Iterable[str]) -> tuple[tuple[str, ...], list[str]]:
    good: dict[str, None] = {}
    bad = []
    for value in values:
        fits = len(value) <= LONGEST and value.isprintable()
        if dimension.numbered:
            fits = value.isascii() and value.isdigit() and len(value) <= 18
            value = str(int(value)) if fits else value
        if fits and len(good) < MOST:
            good[value] = None
        else:
            bad.append(value)
    return tuple(good), bad


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    value: str
    label: str
    checked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """One dimension to filter by. ``summary`` stands on its button."""

    dimension: Dimension
    options: Sequence[Option]
    summary: str

    @property
    def active(self) -> bool:
        return any(one.checked for one in self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One value that is filtered by, and the address without it."""

    title: str
    label: str
    url: str


def menu(dimension: Dimension, filters: Filters, groups: Iterable[Group]) -> Menu:
    """To choose from what there is in this span, and from what is chosen anyway."""
    chosen = filters.chosen.get(dimension.param, ())
    found = {group.key: dimension.named(group) for group in groups if group.key}
    for value in chosen:
        found.setdefault(value, filters.label(dimension, value))
    options = [Option(value=value, label=label, checked=value in chosen) for value, label in found.items()]
    options.sort(key=lambda one: (not one.checked, one.label.lower()))
    names = [one.label for one in options if one.checked]
    summary = dimension.title if not names else names[0] if len(names) == 1 else f"{len(names)} {dimension.plural}"
    return Menu(dimension=dimension, options=options, summary=summary)


def chips(menus: Iterable[Menu], address: Address) -> list[Chip]:
    return [
        Chip(
            title=one.dimension.title,
            label=option.label,
            url=str(address.drop(one.dimension.param, option.value)),
        )
        for one in menus
        for option in one.options
        if option.checked
    ]
