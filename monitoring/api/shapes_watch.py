"""Shapes of figures, costs and health."""

from __future__ import annotations

from monitoring.api.shapes import Counts, Flag, Moment, Number, Shape, Text, Whole, maybe, one_of, rows, words

HEALTH = [(one, one) for one in ("healthy", "degraded", "down", "unknown", "off")]
SIGNALS = ("traffic", "breaker", "probe", "test")
KINDS = [(one, one) for one in ("probe", "test", "paid")]
SHARE = "0 to 1; null where there was nothing to measure."
OTHERS = "null for who does not see everything."


class Span(Shape):
    """``until`` itself is not in it."""

    since, until = Moment(), Moment()


class Figures(Shape):
    """Only requests that the asker may see are counted. Quantiles are null where there was nothing to measure."""

    requests = Whole()
    failed = Whole(help_text="The app got an error that was not its own.")
    refused = Whole(help_text="A 4xx.")
    cancelled = Whole(help_text="The app left.")
    error_rate = maybe(Number, "Failed of those that were tried. " + SHARE)
    cached = Whole(help_text="Answered by the answer cache.")
    fallbacks = Whole(help_text="Answered by another target than the first that was tried.")
    retries = Whole(help_text="Attempts beyond the first.")
    input, output, cached_input, cache_write_input, reasoning = Whole(), Whole(), Whole(), Whole(), Whole()
    cached_share = maybe(Number, "Of the input, what the vendors' prompt caches served. " + SHARE)
    cost_nano = Whole(help_text="Nano-dollars: exact.")
    cost_usd = Number(help_text="The same in dollars.")
    saved_nano, saved_usd = Whole(), Number()
    unpriced = Whole(help_text="Requests that used something and whose cost is not known.")
    p50_ms, p95_ms, p99_ms = maybe(Number), maybe(Number), maybe(Number)
    first_byte_p50_ms, first_byte_p95_ms = maybe(Number), maybe(Number)
    per_second = maybe(Number, "Output units a second while answers were written.")


class Attempts(Shape):
    """What was sent to the provider, for all teams together. ``failures`` are its own fault."""

    model = words("Empty: all of them together.")
    attempts, failures, rate_limited, timeouts = Whole(), Whole(), Whole(), Whole()
    failure_rate = maybe(Number, SHARE)
    cost_nano, cost_usd = Whole(), Number()
    p50_ms, p95_ms = maybe(Number), maybe(Number)


class ProviderStatus(Shape):
    name, vendor = Text(), Text()
    enabled = Flag()
    status = one_of(HEALTH)
    since = maybe(Moment, "Since when it is so.")
    signal = one_of(SIGNALS, "What told; " + OTHERS, allow_null=True)
    checked_at = maybe(Moment)
    uptime = maybe(Number, "Of the last 24 hours in which it was watched, how much it was not down. " + SHARE)
    reason = maybe(Text, "In words; " + OTHERS, allow_blank=True)
    requests = Whole(help_text="Of the last 24 hours.")
    error_rate = maybe(Number, "Of the last 24 hours. " + SHARE)
    tokens_usable = maybe(Whole, OTHERS)
    tokens = maybe(Whole, OTHERS)


class StatusAnswer(Shape):
    """Every provider there is, by name."""

    at = Moment()
    summary = Counts(help_text="How many are healthy, degraded, down, unknown and off.")
    data = rows(ProviderStatus)


class Baseline(Shape):
    at = Moment()
    by = maybe(Text, "Who reset it; " + OTHERS)


class ProviderFigures(Shape):
    provider = Text()
    figures = Figures()
    attempts = Attempts(allow_null=True, help_text=OTHERS)


class MetricsAnswer(Shape):
    """``counted_from`` says what the figures begin with: the ``span`` that was asked for, or the ``baseline`` of the
    last reset where that is later."""

    span = Span()
    counted_from = one_of(("span", "baseline"))
    baseline = Baseline(allow_null=True)
    fresh_until = maybe(Moment, "Up to when the figures are complete.")
    totals = Figures()
    data = rows(ProviderFigures)


class ModelFigures(Shape):
    model = Text()
    figures = Figures()
    attempts = Attempts(allow_null=True, help_text=OTHERS)


class FigurePoint(Shape):
    at = Moment(help_text="When its step began.")
    figures = Figures()


class ProviderMetricsAnswer(Shape):
    provider = Text()
    span = Span()
    counted_from = one_of(("span", "baseline"))
    baseline = Baseline(allow_null=True)
    fresh_until = maybe(Moment, "Up to when the figures are complete.")
    totals = Figures()
    attempts = Attempts(allow_null=True, help_text=OTHERS)
    models = rows(ModelFigures)
    series = rows(FigurePoint)


class ResetAnswer(Shape):
    """What is shown is counted from here on. Spend, budgets and the request log are as they were."""

    baseline = Baseline()
    previous = Baseline(allow_null=True)


class CostRow(Shape):
    key = words("The provider's name, the model's id, or the id of the team or API key (0: none); empty: the others.")
    label = Text()
    requests = Whole()
    cost_nano, cost_usd = Whole(), Number()
    saved_nano, saved_usd = Whole(), Number()
    unpriced = Whole(help_text="Requests that used something and whose cost is not known.")
    input, output = Whole(), Whole()


class CostPoint(Shape):
    at = Moment(help_text="When its step began.")
    requests = Whole()
    cost_nano, cost_usd = Whole(), Number()


class CostsAnswer(Shape):
    """Never counted from a reset: it is what was spent."""

    span = Span()
    by = Text()
    fresh_until = maybe(Moment, "Up to when the figures are complete.")
    totals = CostRow()
    data = rows(CostRow)
    series = rows(CostPoint)


class HealthState(Shape):
    provider = Text()
    model = words("Empty: the provider as a whole.")
    status = one_of(HEALTH)
    since = maybe(Moment)
    signal = one_of(SIGNALS, "What told; " + OTHERS, allow_null=True)
    checked_at = maybe(Moment)
    reason = maybe(Text, "In words; " + OTHERS, allow_blank=True)


class OutageRow(Shape):
    provider = Text()
    model = words()
    status = one_of(HEALTH, told="The worst it was.")
    began_at = Moment()
    ended_at = maybe(Moment, "null while it lasts.")
    signal = one_of(SIGNALS, "What told; " + OTHERS, allow_null=True)
    reason = maybe(Text, OTHERS, allow_blank=True)
    fallbacks = maybe(Whole, "Requests that another target answered meanwhile; " + OTHERS)


class UptimeRow(Shape):
    provider = Text()
    model = words()
    share = maybe(Number, "Of the time in which it was watched, how much it was not down. " + SHARE)
    outages = Whole()
    down_s = Number(help_text="Seconds.")
    mean_recovery_s = maybe(Number, "Seconds from down to healthy.")
    fallbacks = maybe(Whole, OTHERS)


class CheckRow(Shape):
    provider = Text()
    model = words()
    kind = one_of(KINDS, told="A free probe, a token's test, or a paid test.")
    at = Moment()
    ok = maybe(Flag, "null: it cannot tell.")
    status, latency_ms = Whole(), Whole()
    message = words()
    cost_nano, cost_usd = Whole(), Number()


class HealthAnswer(Shape):
    span = Span()
    states = rows(HealthState)
    uptimes = rows(UptimeRow)
    outages = rows(OutageRow)
    checks = rows(CheckRow, "The newest; " + OTHERS, allow_null=True)
