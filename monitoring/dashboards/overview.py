"""The overview: tiles and tables with the page, the charts' data right behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from monitoring.dashboards import charts, filters, links, spans
from monitoring.dashboards.address import Address
from monitoring.dashboards.base import Board, BoardData
from monitoring.dashboards.explained import WORDS as texts
from monitoring.dashboards.filters import DIMENSIONS, MODEL, OF_PARAM, Dimension, Filters, Menu
from monitoring.dashboards.spans import RANGES, Chosen
from monitoring.dashboards.tables import Table, table
from monitoring.dashboards.tiles import tiles
from monitoring.rollups.figures import Group, Point

TREND_POINTS = 28  # at most, of a small picture in a row
TREND_ROWS = 8
CHARTED = 7  # groups with a colour of their own; the rest is one more
NAMES = ("range", "from", "to", "by", "sort", "all", *OF_PARAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    label: str
    url: str
    current: bool
    value: str = ""


class Asked:
    """What an address asks for, read once."""

    def __init__(self, board: Board, request: HttpRequest) -> None:
        self.address = Address.of(request.path, dict(request.GET.lists())).at(request.path, *NAMES)
        self.viewer, self.now = board.viewer, board.now
        self.chosen: Chosen = spans.read(request.GET, now=self.now)
        self.filters: Filters = filters.read(self.address, self.viewer)

    @cached_property
    def shown(self) -> list[Dimension]:
        """Teams only for who sees several."""
        several = self.viewer.everything or len(self.viewer.teams or ()) > 1
        return [one for one in DIMENSIONS if one is not filters.TEAM or several]

    @cached_property
    def by(self) -> Dimension:
        """What the cost is split by."""
        wanted = OF_PARAM.get(next(iter(self.address.values("by")), ""), MODEL)
        return wanted if wanted in self.shown else MODEL

    @property
    def sort(self) -> str:
        return next(iter(self.address.values("sort")), "")

    @property
    def all_of(self) -> str:
        return next(iter(self.address.values("all")), "")


class Overview(Board):
    """``GET /dashboards/``."""

    template_name = "dashboards/overview.html"

    def context(self, **names: Any) -> dict[str, Any]:
        asked = Asked(self, self.request)
        chosen, only = asked.chosen, asked.filters.only()
        now = self.source.totals(self.viewer, chosen.span, only)
        before = self.source.totals(self.viewer, chosen.before, only)
        groups = {one.by: self.source.by(one.by, self.viewer, chosen.span, only) for one in asked.shown}
        menus = self._menus(asked, groups)
        data = asked.address.at(reverse("dashboards:data"), "range", "from", "to", "by", *OF_PARAM)
        return {
            "asked": asked,
            "chosen": chosen,
            "problems": [one for one in (chosen.problem, *asked.filters.problems) if one],
            "segments": _ranges(asked),
            "hidden": [
                (name, value) for name in ("range", "from", "to", "by", "sort") for value in asked.address.values(name)
            ],
            "kept": [(name, value) for name in ("by", "sort", *OF_PARAM) for value in asked.address.values(name)],
            "menus": menus,
            "chips": filters.chips(menus, asked.address),
            "clear_url": str(asked.address.put(**dict.fromkeys(OF_PARAM))),
            "tiles": tiles(now, before),
            "empty": not now.requests,
            "never": not now.requests and not before.requests and self.source.fresh_until() is None,
            "tables": self._tables(asked, groups),
            "data_url": str(data),
            "cost_by": [
                Segment(
                    label=one.title,
                    url=f"{asked.address.put(by=one.param)}#cost",
                    current=one is asked.by,
                    value=one.param,
                )
                for one in asked.shown
            ],
            "log_url": links.requests(chosen.span, self.now, _pairs(asked)),
            "fresh_until": self.source.fresh_until(),
            "texts": texts,
            "from_value": f"{chosen.span.since:%Y-%m-%dT%H:%M}",
            "to_value": f"{min(chosen.span.until, self.now):%Y-%m-%dT%H:%M}",
        }

    def _menus(self, asked: Asked, groups: dict[str, list[Group]]) -> list[Menu]:
        """A dimension that is filtered by offers what there is without that filter."""
        found = []
        for one in asked.shown:
            offered = groups[one.by]
            if asked.filters.chosen.get(one.param):
                only = asked.filters.only(without=one.param)
                offered = self.source.by(one.by, self.viewer, asked.chosen.span, only)
            found.append(filters.menu(one, asked.filters, offered))
        return found

    def _tables(self, asked: Asked, groups: dict[str, list[Group]]) -> list[Table]:
        return [
            table(
                one,
                groups[one.by],
                self._trends(asked, one),
                address=asked.address,
                log_url=lambda dimension, key: links.requests(
                    asked.chosen.span, self.now, [*_pairs(asked, without=dimension.param), (dimension.param, key)]
                ),
                sort=asked.sort,
                all_rows=asked.all_of == one.param,
            )
            for one in asked.shown
            if groups[one.by]
        ]

    def _trends(self, asked: Asked, dimension: Dimension) -> dict[str, Sequence[Point]]:
        step = asked.chosen.step * -(-(asked.chosen.span.length // asked.chosen.step) // TREND_POINTS)
        found = self.source.series_by(
            dimension.by, self.viewer, asked.chosen.span, asked.filters.only(), step=_whole(step), most=TREND_ROWS
        )
        return {group.key: whole(points, self.now) for group, points in found}


class Data(BoardData):
    """``GET /dashboards/data/``: what the charts of the overview draw, by the same address."""

    def answer(self, request: HttpRequest) -> dict[str, Any]:
        asked = Asked(self, request)
        chosen, only = asked.chosen, asked.filters.only()
        points = self.source.series(self.viewer, chosen.span, only, step=chosen.step)
        groups = self.source.series_by(asked.by.by, self.viewer, chosen.span, only, step=chosen.step, most=CHARTED)
        known = min(self.source.fresh_until() or self.now, self.now)
        return charts.answer(points, step=chosen.step, known_until=known, dimension=asked.by, groups=groups)


def _ranges(asked: Asked) -> list[Segment]:
    address = asked.address.put(from_=None, to=None)
    return [
        Segment(label=one.label, url=str(address.put(range=one.name)), current=one.name == asked.chosen.name)
        for one in RANGES
    ]


def _pairs(asked: Asked, *, without: str = "") -> list[tuple[str, str]]:
    return [
        (one.param, value)
        for one in DIMENSIONS
        if one.param != without
        for value in asked.filters.chosen.get(one.param, ())
    ]


def _whole(step: Any) -> Any:
    """A multiple of a minute, an hour or a day, as the figures want it."""
    for unit in (spans.DAY, spans.HOUR):
        if step >= unit:
            return unit * -(-step // unit)
    return step


def whole(points: Sequence[Point], now: datetime) -> list[Point]:
    """Without the step that is still running, and what is to come: a small picture would end in a fall."""
    ends = [one.at for one in points[1:]]
    return [one for one, end in zip(points, ends, strict=False) if end <= now]
