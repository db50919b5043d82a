"""The page of quality: what a judge model said of a sample of the answers, if an admin has switched one on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from monitoring.dashboards import links, spans, words
from monitoring.dashboards.address import Address
from monitoring.dashboards.base import Board, BoardData
from monitoring.dashboards.explained import WORDS as texts
from monitoring.dashboards.overview import Segment
from monitoring.dashboards.spans import RANGES, Chosen
from monitoring.dashboards.tiles import Tile, points
from monitoring.quality import figures
from monitoring.quality.figures import MEANINGS, Scores

NAMES = ("7d", "30d", "90d")
USUAL = "30d"
BY = (("model", "Models"), ("provider", "Providers"), ("team", "Teams"))
LOW = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """``bar`` in percent; ``low``: worth a look."""

    text: str
    bar: float
    low: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    label: str
    judged: str
    scores: Sequence[Score]
    log_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTile:
    tile: Tile
    meaning: str
    bar: float


class Quality(Board):
    """``GET /dashboards/quality/``."""

    template_name = "dashboards/quality.html"

    def context(self, **names: Any) -> dict[str, Any]:
        chosen = chosen_of(self.request, self.now)
        now = figures.totals(self.viewer, chosen.span)
        before = figures.totals(self.viewer, chosen.before)
        address = Address(self.request.path)
        return {
            "chosen": chosen,
            "problems": [chosen.problem] if chosen.problem else [],
            "segments": [
                Segment(label=one.label, url=str(address.put(range=one.name)), current=one.name == chosen.name)
                for one in RANGES
                if one.name in NAMES
            ],
            "on": figures.is_on(),
            "now": now,
            "judged": words.count(now.judged),
            "cost": words.money(now.cost_nano) if self.viewer.everything and now.cost_nano else "",
            "tiles": [_tile(name, meaning, now, before) for name, meaning in MEANINGS.items()],
            "tables": [
                (title, [_row(one, by, self, chosen) for one in figures.scores(self.viewer, chosen.span, by)])
                for by, title in BY
                if by != "team" or self.viewer.everything or len(self.viewer.teams or ()) > 1
            ],
            "names": [name.capitalize() for name in MEANINGS],
            "data_url": f"{reverse('dashboards:quality-data')}?range={chosen.name}",
            "settings_url": links.page("admin:monitoring_qualitysettings_changelist")
            if self.viewer.may("monitoring.change_qualitysettings")
            else "",
            "texts": texts,
        }


class QualityData(BoardData):
    """``GET /dashboards/quality/data/``: the means of each step."""

    def answer(self, request: HttpRequest) -> dict[str, Any]:
        found = figures.series(self.viewer, chosen_of(request, self.now).span)
        found = [one for one in found if one.at <= self.now]
        step = (found[1].at - found[0].at).total_seconds() if len(found) > 1 else 86_400
        values = {name: [_rounded(getattr(one.scores, name)) for one in found] for name in MEANINGS}
        return {"step": int(step), "times": [int(one.at.timestamp()) for one in found], "series": values}


def chosen_of(request: HttpRequest, now: Any) -> Chosen:
    name = request.GET.get("range") or USUAL
    if name in NAMES:
        return spans.read({"range": name}, now=now)
    problem = f"There is no such range. Choose one of {', '.join(NAMES)}."
    return replace(spans.read({"range": USUAL}, now=now), problem=problem)


def _tile(name: str, meaning: str, now: Scores, before: Scores) -> ScoreTile:
    value, was = getattr(now, name), getattr(before, name)
    tile = Tile(name=name.capitalize(), value=_written(value), change=points(value, was, was=_written(was), welcome=1))
    return ScoreTile(tile=tile, meaning=meaning, bar=round(100 * (value or 0), 1))


def _row(one: Scores, by: str, page: Quality, chosen: Chosen) -> Row:
    found = [getattr(one, name) for name in MEANINGS]
    return Row(
        label=one.label or ("no team" if by == "team" else one.key or "unknown"),
        judged=words.count(one.judged),
        scores=[
            Score(text=_written(value), bar=round(100 * (value or 0), 1), low=value is not None and value < LOW)
            for value in found
        ],
        log_url=links.requests(chosen.span, page.now, [(by, one.key)]) if one.key else "",
    )


def _written(value: float | None) -> str:
    return words.NONE if value is None else f"{value:.2f}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
