"""What a call is told that a limit refuses."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from gateway.errors import LimitExceeded
from gateway.limits.compiled import Rule
from gateway.limits.headers import limit_headers
from gateway.limits.local import Refusal
from providers.errors import Retry

MEASURES = ("", "requests_per_minute", "usage_per_minute", "parallel_requests")  # as in ``Refusal.measure``
REQUESTS, USAGE, PARALLEL = 1, 2, 3
TOO_LARGE = 413  # not 429: that one promises that waiting helps


def exceeded(
    rules: Sequence[Rule], refusal: Refusal, *, units: int, wait: float, local_share: int = 1
) -> LimitExceeded:
    """``wait``: in seconds. ``local_share``: the rules are one part in so many of what all processes may."""
    rule, measure = rules[refusal.rule], refusal.measure
    limit, used = rule[measure + 1], refusal.used[3 * refusal.rule + measure - 1]
    wait = ceil(wait * 1000) / 1000
    text = f"{_said(rule, measure, used, units)} Try again in {_seconds(wait)}."
    if local_share > 1:
        text += f" (Redis is away: this is one of {local_share} equal parts of the limit.)"
    error = LimitExceeded(text, code=f"{MEASURES[measure]}_exceeded", retry_after=wait)
    error.where = limit_headers(rules, refusal.used, refusal.reset_us)
    return _explained(error, rule, measure, limit_value=limit, used=used, retry_after=wait)


def too_large(rule: Rule, units: int) -> LimitExceeded:
    """The call alone is more than the limit: no wait helps."""
    text = (
        f"This request asks for up to {units:,} units of usage (its input and the most it may answer), and the limit "
        f"of {rule.name} is {rule.usage:,} a minute: no wait helps. Send less, or allow a shorter answer."
    )
    error = LimitExceeded(text, code=f"{MEASURES[USAGE]}_exceeded", status=TOO_LARGE)
    error.details["requested"] = units
    return _explained(error, rule, USAGE, limit_value=rule.usage, used=None, retry_after=None)


def _explained(error: LimitExceeded, rule: Rule, measure: int, **figures: object) -> LimitExceeded:
    error.rule = rule
    if rule.of_target:
        error.retry = Retry.NEXT_TARGET
    error.details |= {"limit": rule.name, "scope": rule.scope, "measure": MEASURES[measure], **figures}
    error.details["wait_helps"] = error.retry_after is not None
    return error


def _said(rule: Rule, measure: int, used: int, units: int) -> str:
    if measure == REQUESTS:
        return f"The limit of {rule.name} is {rule.requests:,} requests a minute, and {used:,} were made in the last."
    if measure == PARALLEL:
        return f"The limit of {rule.name} is {rule.parallel:,} requests at once, and {used:,} are under way."
    return (
        f"The limit of {rule.name} is {rule.usage:,} units of usage (input and output) a minute; {used:,} are used or "
        f"held, and this request asks for up to {units:,}."
    )


def _seconds(wait: float) -> str:
    return f"{wait:.3f}".rstrip("0").rstrip(".") + " s"
