"""A route in one line: its strategy, its chain of targets, what is odd about it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from gateway.explain.words import goal_name
from gateway.models import Route, RouteTarget
from gateway.routing.conflicts import Conflict
from providers.admin import cells

SHOWN = 4  # targets before "and 3 more"
ARROW = {Route.Strategy.ORDERED: "→", Route.Strategy.AUTO: "·"}  # the others share: a stroke


def strategy(route: Route) -> SafeString:
    label = Route.Strategy(route.strategy).label
    name, _, means = label.partition(": ")
    goal = f"{name}: {goal_name(route.goal)}" if route.strategy == Route.Strategy.AUTO and route.goal else name
    return cells.chip(goal, "blue" if route.strategy == Route.Strategy.AUTO else "grey", title=means)


def chain(route: Route) -> SafeString:
    """``openai:gpt-4o → anthropic:claude-sonnet-4 → ollama:llama3.2``; with weights where they count."""
    targets = list(route.targets.all())
    if not targets:
        word = "all models" if route.strategy == Route.Strategy.AUTO else "no targets"
        return format_html('<span class="sb-quiet">{}</span>', word)
    sign, weighed = ARROW.get(Route.Strategy(route.strategy), "|"), route.strategy == Route.Strategy.WEIGHTED
    shown = [_target(one, sign if at else "", weighed=weighed) for at, one in enumerate(targets[:SHOWN])]
    more = len(targets) - SHOWN
    if more > 0:
        rest = ", ".join(map(str, targets[SHOWN:]))
        shown.append(format_html('<span class="sb-quiet" title="{}">and {} more</span>', rest, more))
    return format_html('<span class="sb-chain">{}</span>', format_html_join("", "{}", ((one,) for one in shown)))


def _target(target: RouteTarget, sign: str, *, weighed: bool) -> SafeString:
    when = ", ".join(conditions(target))
    before = format_html('<span class="sb-chain-sign">{}</span>', sign) if sign else ""
    weight = f" ×{target.weight}" if weighed else ""
    condition = format_html(' <span class="sb-quiet">{}</span>', f"if {when}") if when else ""
    code = cells.code(target)
    return format_html('<span class="sb-chain-target">{}{}{}{}</span>', before, code, weight, condition)


def conditions(target: RouteTarget) -> list[str]:
    """In words, those that are set."""
    kinds = ((target.when_stream, "streamed"), (target.when_tools, "tools"), (target.when_images, "images"))
    said = [word if asked else f"no {word}" for asked, word in kinds if asked is not None]
    if target.min_input is not None:
        said.append(f"input ≥ {target.min_input:,}")
    if target.max_input is not None:
        said.append(f"input ≤ {target.max_input:,}")
    return [*said, *([f"team {target.team}"] if target.team_id else [])]


def odd(found: Sequence[Conflict], chips: list[tuple[object, cells.Tone]]) -> SafeString:
    """Chips with the worst in words below them."""
    if not found:
        return cells.EMPTY
    return format_html(
        '<span class="sb-two"><span class="sb-chips">{}</span><span class="sb-reason" title="{}">{}</span></span>',
        cells.chips(chips), "\n".join(one.text for one in found), found[0].text,
    )  # fmt: skip
