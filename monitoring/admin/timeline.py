"""A call's attempts drawn to scale over its time: waits, the first byte, how each ended, and what came next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.exchange import Attempt
from gateway.explain.picture import Fate, Key
from monitoring.models import RequestLog
from providers.admin import cells
from providers.pricing.money import usd

THEN = {
    "never": "stop",
    "same_token": "the same token again",
    "next_token": "the next token",
    "next_target": "the next target",
}
RETRIES = THEN.keys() - {"never"}
KINDS = {"retry": "after a wait", "hedge": "beside the one above"}
MOST_TICKS = 6
LEAST = 0.6  # percent of the width that the shortest bar gets


class Bar(NamedTuple):
    """In percent of the whole time."""

    left: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One attempt. ``sent`` runs to the first byte or the end, ``received`` from there; ``mark`` is the first byte."""

    number: int
    provider: str
    model: str
    token: str
    outcome: str
    tone: cells.Tone
    kind: str
    kind_words: str
    sent: Bar
    received: Bar | None
    waited: Bar | None
    mark: float | None
    facts: tuple[str, ...]
    reason: str
    message: str
    then: str
    label: str


class Tick(NamedTuple):
    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """``groups``: attempts one after the other, each with those that ran beside it."""

    groups: tuple[tuple[Lane, ...], ...]
    ticks: tuple[Tick, ...]
    summary: str


def timeline(row: RequestLog) -> Timeline:
    attempts = [by_name(one) for one in row.attempts]
    ends = (_count(one, "started_us") + _count(one, "duration_us") for one in attempts)
    whole = max([row.latency_us, *ends]) or 1
    lanes = [_lane(one, at, whole, last=at == len(attempts)) for at, one in enumerate(attempts, start=1)]
    groups: list[list[Lane]] = []
    for lane in lanes:
        if lane.kind == "hedge" and groups:
            groups[-1].append(lane)
        else:
            groups.append([lane])
    return Timeline(
        groups=tuple(tuple(group) for group in groups),
        ticks=tuple(_ticks(whole)) if lanes else (),
        summary=_summary(attempts),
    )


def fates(row: RequestLog) -> dict[Key, Fate]:
    """What became of each target that was tried."""
    tried: dict[Key, list[dict[str, Any]]] = {}
    for attempt in map(by_name, row.attempts):
        tried.setdefault((_text(attempt, "provider"), _text(attempt, "model")), []).append(attempt)
    return {target: _fate(attempts) for target, attempts in tried.items()}


def by_name(attempt: Any) -> dict[str, Any]:
    """An attempt as stored, by name or, as the journal writes it, in the order of its fields."""
    return attempt if isinstance(attempt, dict) else dict(zip(Attempt.__struct_fields__, attempt, strict=False))


def _fate(attempts: Sequence[dict[str, Any]]) -> Fate:
    last = attempts[-1]
    if _tone(last) == "green":
        return Fate("answered", "green", f"in attempt {len(attempts)} at it" if len(attempts) > 1 else "")
    times = f" {len(attempts)} times" if len(attempts) > 1 else ""
    word = "given up" if _tone(last) == "grey" else "failed"
    return Fate(f"{word}{times}", _tone(last), _text(last, "message") or _outcome(last))


def _summary(attempts: Sequence[dict[str, Any]]) -> str:
    if not attempts:
        return ""
    targets = len({(_text(one, "provider"), _text(one, "model")) for one in attempts})
    said = f"{len(attempts)} attempts" if len(attempts) > 1 else "1 attempt"
    said += f" at {targets} targets" if targets > 1 else " at one target"
    waited = sum(_count(one, "waited_us") for one in attempts)
    return f"{said}, {cells.microseconds(waited)} of it waiting before tries" if waited else said


# --- one lane ----------------------------------------------------------------------------------


def _lane(attempt: dict[str, Any], at: int, whole: int, *, last: bool) -> Lane:
    started, duration = _count(attempt, "started_us"), _count(attempt, "duration_us")
    first, waited = _count(attempt, "first_byte_us"), _count(attempt, "waited_us")
    sent = min(first, duration) if first else duration
    kind, provider, model = (_text(attempt, name) for name in ("kind", "provider", "model"))
    outcome = _outcome(attempt)
    return Lane(
        number=at,
        provider=provider or "–",
        model=model or "–",
        token=_text(attempt, "token"),
        outcome=outcome,
        tone=_tone(attempt),
        kind=kind,
        kind_words=KINDS.get(kind, kind),
        sent=_bar(started, sent, whole),
        received=_bar(started + sent, duration - sent, whole) if first and duration > sent else None,
        waited=_bar(max(started - waited, 0), min(waited, started), whole) if waited else None,
        mark=_share(started + sent, whole) if first else None,
        facts=tuple(_facts(attempt)),
        reason=_text(attempt, "reason"),
        message=_text(attempt, "message"),
        then=_then(attempt, last=last),
        label=f"Attempt {at}, {provider} {model}: {outcome}; began after {cells.microseconds(started)}, "
        f"took {cells.microseconds(duration)}",
    )


def _facts(attempt: dict[str, Any]) -> Iterator[str]:
    """Times, usage and cost, as far as they are known."""
    if waited := _count(attempt, "waited_us"):
        yield f"waited {cells.microseconds(waited)}"
    yield f"after {cells.microseconds(_count(attempt, 'started_us'))}"
    if first := _count(attempt, "first_byte_us"):
        yield f"first byte in {cells.microseconds(first)}"
    yield f"took {cells.microseconds(_count(attempt, 'duration_us'))}"
    given, got = _count(attempt, "input"), _count(attempt, "output")
    if given or got:
        cached = _count(attempt, "cached_input")
        yield f"{given:,} → {got:,} units{f', {cached:,} cached' if cached else ''}"
    if isinstance(cost := attempt.get("cost_nano"), int):
        yield usd(cost)
    if held := _count(attempt, "hold_nano"):
        yield f"{usd(held)} was held"
    if units := _count(attempt, "hold_units"):
        yield f"{units:,} units were held"


def _outcome(attempt: dict[str, Any]) -> str:
    """The vendor's status and what went wrong; for one that nobody waited for any more, why that was."""
    status, said = _count(attempt, "status"), _text(attempt, "error") or _text(attempt, "verdict")
    return " ".join(filter(None, [str(status or ""), said])) or "ok"


def _tone(attempt: dict[str, Any]) -> cells.Tone:
    """Grey is an attempt that was given up without an error of the vendor's: it has a verdict alone."""
    if not _text(attempt, "error"):
        return "grey" if _text(attempt, "verdict") else "green"
    return "yellow" if _count(attempt, "status") == 429 else "red"


def _then(attempt: dict[str, Any], *, last: bool) -> str:
    """What the loop did next; after the last one there is nothing more."""
    verdict = _text(attempt, "verdict")
    if not verdict or not _text(attempt, "error"):
        return ""
    if last and verdict in RETRIES:
        return "nothing was left to try"
    return THEN.get(verdict, verdict)


def _bar(start: int, length: int, whole: int) -> Bar:
    left = min(_share(start, whole), 100 - LEAST)
    return Bar(left, max(min(_share(length, whole), 100 - left), LEAST))


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 2)


def _ticks(whole: int) -> Iterator[Tick]:
    """Round times along the axis, from zero."""
    step = next(step for step in _steps() if whole / step <= MOST_TICKS)
    yield from (Tick(_share(at, whole), cells.microseconds(at) if at else "0") for at in range(0, whole + 1, step))


def _steps() -> Iterator[int]:
    size = 1
    while True:
        yield from (size, 2 * size, 5 * size)
        size *= 10


def _text(attempt: dict[str, Any], name: str) -> str:
    found = attempt.get(name)
    return found if isinstance(found, str) else ""


def _count(attempt: dict[str, Any], name: str) -> int:
    found = attempt.get(name)
    return max(found, 0) if isinstance(found, int) else 0
