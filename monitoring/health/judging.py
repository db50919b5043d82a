"""How a target is, told from plain numbers: pure, so that it can be tested without a clock or a database.

A status is judged on what happened since it began, at most one window long: what made a provider ill is not counted
once more against its recovery, and one stretch of failures makes it ill once.
"""

from __future__ import annotations

from monitoring.health.facts import (
    BREAKER,
    NONE,
    PROBE,
    TEST,
    TRAFFIC,
    Before,
    Counts,
    Facts,
    Judgement,
    Rules,
)
from monitoring.health.words import DEGRADED, DOWN, HEALTHY, OFF, UNKNOWN

ILL = frozenset({DEGRADED, DOWN})
FAILED_PROBES = 2  # in a row: one that failed says nothing yet
LONG_REST = 30.0  # seconds: a pool that rests for less is busy, not ill


def judge(before: Before, facts: Facts, rules: Rules, now: float) -> Judgement | None:
    """``None``: nothing says anything else than it was."""
    fixed = _fixed(facts, now, rules)
    if fixed is not None:
        return fixed
    if before.status == OFF or (before.status in ILL and before.signal in (TEST, NONE)):
        before = Before(UNKNOWN, before.since)  # the cause is gone; how it is must be seen
    start = max(before.since, now - rules.window)
    counts = facts.traffic.since(start)
    if before.status in ILL:
        return _still_ill(before, facts, counts, rules, now) or _closed_again(before, counts)
    return _turned_ill(facts, counts, rules, start) or _well(before, facts, counts, rules, now)


def _fixed(facts: Facts, now: float, rules: Rules) -> Judgement | None:
    """What holds whatever traffic says."""
    if not facts.enabled:
        return Judgement(OFF, "Switched off.", NONE)
    if facts.problem:
        return Judgement(DOWN, facts.problem, NONE)
    pool, breaker = facts.pool, facts.breaker
    if pool is not None and not pool.usable:
        if not pool.resting:
            return Judgement(DOWN, "No token may be used: all are suspended, retired or expired.", TEST)
        if pool.back_at - now >= LONG_REST:
            return Judgement(DEGRADED, "Every token that may be used rests.", TEST)
    if breaker is not None and breaker.state == "open" and breaker.until > now:
        return Judgement(DOWN, f"Its circuit breaker is open: {breaker.reason or 'it failed too often'}.", BREAKER)
    if breaker is not None and breaker.state == "half_open" and now - breaker.changed_at < rules.window:
        return Judgement(DEGRADED, "Its circuit breaker is half-open: single calls try it.", BREAKER)
    return None


def _turned_ill(facts: Facts, counts: Counts, rules: Rules, start: float) -> Judgement | None:
    if counts.failed >= rules.least and counts.share >= rules.down:
        lone = _lone(facts, counts, rules, start)
        if lone:
            return Judgement(DEGRADED, f"Its model {lone} fails: {_words(counts, rules)}.", TRAFFIC)
        return Judgement(DOWN, f"{_words(counts, rules)}.", TRAFFIC)
    if counts.failed >= rules.least and counts.share >= rules.degraded:
        return Judgement(DEGRADED, f"{_words(counts, rules)}.", TRAFFIC)
    if _limited(counts, rules):
        return Judgement(DEGRADED, f"The vendor refused the pace of {counts.limited} attempts.", TRAFFIC)
    if _probes_failed(facts, counts):
        return Judgement(DOWN, f"{facts.probed.failures} free probes in a row failed: {facts.probed.reason}.", PROBE)
    return None


def _well(before: Before, facts: Facts, counts: Counts, rules: Rules, now: float) -> Judgement | None:
    if counts.answered:
        return Judgement(HEALTHY, _words(counts, rules) + "." if counts.failed else "Its calls are answered.", TRAFFIC)
    probed = facts.probed
    if counts.empty and probed.ok and now - probed.at <= rules.stale:
        return Judgement(HEALTHY, "It answers its free call.", PROBE)
    newest = max(probed.at if probed.ok is not None else 0, facts.traffic.last, before.since)
    if before.status == UNKNOWN or (counts.empty and now - newest > rules.stale):
        return Judgement(UNKNOWN, _untold(facts, counts), NONE)
    return None


def _still_ill(before: Before, facts: Facts, counts: Counts, rules: Rules, now: float) -> Judgement | None:
    calm = counts.answered >= rules.recover and counts.share < rules.degraded
    long_calm = counts.answered and not counts.failed and now - before.since >= rules.window
    if (calm or long_calm) and not _limited(counts, rules):
        return Judgement(HEALTHY, "Its calls are answered again.", TRAFFIC)
    worse = _turned_ill(facts, counts, rules, max(before.since, now - rules.window))
    if worse is not None and worse.status == DOWN:
        return worse
    if before.status == DOWN and counts.answered >= rules.recover and counts.share < rules.down:
        return Judgement(DEGRADED, f"{_words(counts, rules)}.", TRAFFIC)
    if not counts.empty:
        return None
    if _probe_tells_it_is_back(before, facts, rules, now):
        return Judgement(HEALTHY, "It answers its free call again.", PROBE)
    may_tell = facts.probed.possible and facts.probed.ok is not None
    if not may_tell and now - max(before.since, facts.traffic.last) > rules.window:
        return Judgement(UNKNOWN, _untold(facts, counts), NONE)
    return None


def _closed_again(before: Before, counts: Counts) -> Judgement | None:
    """The breaker that made it ill lets calls through; some were answered, too few to tell how it is."""
    if before.signal != BREAKER or not counts.answered:
        return None
    return Judgement(DEGRADED, "Its circuit breaker lets calls through again; too few were answered yet.", TRAFFIC)


def _probe_tells_it_is_back(before: Before, facts: Facts, rules: Rules, now: float) -> bool:
    """Where the free call failed too, that it works is news. Where it went on working while calls failed, it proves
    nothing until those failures are a window old: else the target would come and go."""
    probed = facts.probed
    if not probed.ok or probed.at <= before.since:
        return False
    failed_too = probed.failed_at >= before.since - rules.window
    return failed_too or now - max(before.since, facts.traffic.last) > rules.window


def _lone(facts: Facts, counts: Counts, rules: Rules, start: float) -> str:
    """The one model whose failures make it look down while its others do well; "" where there is none."""
    parts = {model: traffic.since(start) for model, traffic in facts.parts.items()}
    worst = max(parts, key=lambda model: parts[model].failed, default="")
    if not worst:
        return ""
    rest = counts - parts[worst]
    return worst if rest.answered and rest.share < rules.down else ""


def _limited(counts: Counts, rules: Rules) -> bool:
    return counts.limited >= rules.least and counts.limited_share >= rules.down


def _probes_failed(facts: Facts, counts: Counts) -> bool:
    probed = facts.probed
    answered_since = facts.traffic.last_answered >= probed.at
    return probed.ok is False and probed.failures >= FAILED_PROBES and not (counts.answered or answered_since)


def _untold(facts: Facts, counts: Counts) -> str:
    if counts.failed:
        return f"Not answered lately; {counts.failed} failed attempts are too few to tell."
    if facts.pool is None:
        return "Not called lately; single models are not probed."
    if not facts.probed.possible:
        return "Not called lately, and there is no free call to probe it with."
    if facts.probed.at and facts.probed.ok is None:
        return "Not called lately, and its free call does not tell."
    return "Not called lately."


def _words(counts: Counts, rules: Rules) -> str:
    told = counts.answered + counts.failed
    return f"{counts.failed} of {told} attempts failed within {rules.window / 60:g} min"
