"""How full limits are now, as far as this process knows: it asks the limiter of the server it runs in. Elsewhere
(a worker, a shell) nothing is known, and nothing is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateway.admin.meters import meter
from gateway.models import Limit
from gateway.runtime import running
from providers.admin import cells

PATIENCE = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class Filling:
    """Counts of the last minute, and of this moment; ``None``: not known."""

    requests_per_minute: int | None = None
    usage_per_minute: int | None = None
    parallel: int | None = None

    def of(self, name: str) -> int | None:
        found: int | None = getattr(self, name)
        return found


def rule_id(limit: Limit) -> str:
    """What the limiter calls what is counted; "" for a row that is no counter of its own."""
    match limit.subject:
        case "team":
            return f"team:{limit.team_id}"
        case "key":
            return f"key:{limit.api_key_id}"
        case "provider":
            return f"provider:{limit.provider_id}"
        case "model":
            return f"model:{limit.model}"
        case "everyone":
            return "everyone"
    return ""


def fillings(limits: Iterable[Limit]) -> dict[int, Filling]:
    """By the row's id; only those the limiter tells of."""
    names = {row.pk: name for row in limits if (name := rule_id(row))}
    runtime = running()
    if runtime is None or runtime.loop is None or not names:
        return {}
    told = _asked(runtime.limiter, runtime.loop, set(names.values()))
    return {pk: Filling(*told[name]) for pk, name in names.items() if name in told}


def _asked(limiter: Any, loop: asyncio.AbstractEventLoop, names: set[str]) -> dict[str, tuple[int, int, int]]:
    """On its loop: nothing there has locks. A loop that is too busy to answer is not waited for."""

    async def ask() -> dict[str, tuple[int, int, int]]:
        found = {name: limiter.standing(name) for name in names}
        return {name: now for name, now in found.items() if now is not None}

    if not hasattr(limiter, "standing") or not loop.is_running():
        return {}
    try:
        return asyncio.run_coroutine_threadsafe(ask(), loop).result(PATIENCE)
    except TimeoutError:
        return {}


def number_cell(most: int | None, now: int | None) -> SafeString:
    """``60`` above a bar that is filled to what was used of it."""
    if most is None:
        return format_html('<span class="sb-quiet">{}</span>', "any")
    if now is None:
        return format_html('<span class="sb-strong sb-number">{}</span>', f"{most:,}")
    share = 100 * now / most
    tone: cells.Tone = "red" if share >= 100 else "yellow" if share >= 80 else "green"
    words = f"{now:,} now, in this process"
    return format_html(
        '<span class="sb-two"><span class="sb-strong sb-number">{}</span>{}<span class="sb-quiet">{}</span></span>',
        f"{most:,}", meter([(share, tone)], label=f"{words}, of {most:,}"), words,
    )  # fmt: skip
