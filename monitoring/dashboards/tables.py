"""The tables by provider, model, team and key: a row a group, each a way into the same page filtered by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitoring.dashboards import words
from monitoring.dashboards.address import Address
from monitoring.dashboards.explained import TEXTS
from monitoring.dashboards.filters import Dimension
from monitoring.dashboards.sparks import Spark, spark
from monitoring.rollups.figures import Figures, Group, Point
from monitoring.rollups.labels import OTHERS

SHOWN = 8
HIGH_ERRORS = 0.05  # an error rate from which on it is marked


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """``value``: what is sorted by, the highest first."""

    name: str
    title: str
    value: Callable[[Figures], float]


COLUMNS = (
    Column(name="requests", title="Requests", value=lambda one: one.requests),
    Column(name="errors", title="Errors", value=lambda one: one.error_rate or 0),
    Column(name="cost", title="Cost", value=lambda one: one.cost_nano),
    Column(name="p95", title="p95", value=lambda one: one.p95_ms or 0),
)
SORTS = {one.name: one for one in COLUMNS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """``url`` filters by it and ``log_url`` opens its requests; both are "" for the rest that is summed up. ``bar``:
    its part of the largest, in percent, in what is sorted by."""

    label: str
    url: str
    log_url: str
    bar: float
    requests: str
    errors: str
    failing: bool
    cost: str
    p95: str
    trend: Spark | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    title: str
    url: str
    sorted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    dimension: Dimension
    heads: Sequence[Head]
    rows: Sequence[Row]
    more_url: str  # shows all; "" where all are shown
    more: int

    @property
    def meaning(self) -> str:
        return TEXTS[self.dimension.plural]


def table(
    dimension: Dimension,
    groups: Sequence[Group],
    trends: Mapping[str, Sequence[Point]],
    *,
    address: Address,
    log_url: Callable[[Dimension, str], str],
    sort: str = "requests",
    all_rows: bool = False,
) -> Table:
    """``groups`` as the figures give them. ``trends``: a series of some of them, by their key."""
    column = SORTS.get(sort, COLUMNS[0])
    ordered = sorted(groups, key=lambda group: (_is_rest(group), -column.value(group.figures)))
    shown = ordered if all_rows else ordered[:SHOWN]
    highest = max((column.value(group.figures) for group in ordered if group.key), default=0) or 1
    more = len(ordered) - len(shown)
    return Table(
        dimension=dimension,
        heads=[Head(title=one.title, url=str(address.put(sort=one.name)), sorted=one is column) for one in COLUMNS],
        rows=[
            _row(dimension, group, trends.get(group.key, ()), column.value(group.figures) / highest, address, log_url)
            for group in shown
        ],
        more_url=str(address.put(all=dimension.param)) if more else "",
        more=more,
    )


def _is_rest(group: Group) -> bool:
    """What lies beyond the groups that were asked for."""
    return not group.key and group.label == OTHERS


def _row(
    dimension: Dimension,
    group: Group,
    trend: Iterable[Point],
    part: float,
    address: Address,
    log_url: Callable[[Dimension, str], str],
) -> Row:
    figures, key = group.figures, group.key
    rate = figures.error_rate
    return Row(
        label=dimension.named(group),
        url=str(address.put(**{dimension.param: key}, all=None)) if key else "",
        log_url=log_url(dimension, key) if key else "",
        bar=round(100 * min(part, 1), 1),
        requests=words.count(figures.requests),
        errors=words.share(rate),
        failing=rate is not None and rate >= HIGH_ERRORS,
        cost=words.money(figures.cost_nano),
        p95=words.milliseconds(figures.p95_ms),
        trend=spark([point.figures.requests for point in trend]),
    )
