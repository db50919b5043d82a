"""What vendors' exports look like: which column holds what. Data; a vendor's page is named with each.

Names are folded: small letters, ``_`` for all else; a path in JSON is joined by ``_`` (``amount.value`` is
``amount_value``). Of the names of one column, the first that is there counts; unknown columns do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from monitoring.models import Reconciliation

Names = tuple[str, ...]
START = ("start_time_iso", "start_time", "date", "day", "timestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """``input`` and ``output`` are sums of all their columns that are there. ``requests`` "1": each row is one.
    ``needs``: one of each must be there. ``unit`` of the cost: usd, cents or nano."""

    title: str
    needs: tuple[Names, ...]
    day: Names
    model: Names = ()
    variant: Names = ()
    key: Names = ()
    requests: Names = ()
    input: Names = ()
    output: Names = ()
    cost: Names = ()
    currency: Names = ()
    unit: str = "usd"
    day_format: str = "iso"
    model_of: Callable[[str], str] = field(default=str)

    @property
    def tells(self) -> frozenset[str]:
        return frozenset(name for name in ("requests", "input", "output", "cost") if getattr(self, name))


def before_comma(line_item: str) -> str:
    """The model of OpenAI's ``gpt-4o-mini-2024-07-18, cached input``."""
    return line_item.partition(",")[0]


# https://platform.openai.com/docs/api-reference/usage/completions: pages of buckets, ``input_tokens`` includes cached
# ones. The CSV of https://platform.openai.com/usage (Export) has the same fields as columns, and a row without figures
# for a day without calls. ``n_context_tokens_total`` … are those of older exports.
_OPENAI_USAGE = Shape(
    title="usage",
    needs=(("input_tokens", "n_context_tokens_total", "num_model_requests", "n_requests"), START),
    day=(*START, "aggregation_timestamp"),
    model=("model", "snapshot_id"),
    key=("api_key_name", "api_key_id", "api_key"),
    requests=("num_model_requests", "n_requests"),
    input=("input_tokens", "n_context_tokens_total"),
    output=("output_tokens", "n_generated_tokens_total"),
)
# https://platform.openai.com/docs/api-reference/usage/costs; the CSV has ``amount_value`` and ``amount_currency``.
_OPENAI_COSTS = Shape(
    title="costs",
    needs=(("amount_value",), START),
    day=START,
    model=("line_item",),
    key=("api_key_name", "api_key_id"),
    cost=("amount_value",),
    currency=("amount_currency",),
    model_of=before_comma,
)
# https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-messages-usage-report, and the Console's usage CSV
# (https://support.claude.com/en/articles/9534590): fresh, written and read input stand apart; requests are not told.
_ANTHROPIC_USAGE = Shape(
    title="usage",
    needs=(
        ("usage_input_tokens_no_cache", "uncached_input_tokens"),
        ("usage_date_utc", "starting_at"),
    ),
    day=("usage_date_utc", "starting_at"),
    model=("model_version", "model"),
    key=("api_key", "api_key_name", "api_key_id"),
    input=(
        *("usage_input_tokens_no_cache", "usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write_1h"),
        *("usage_input_tokens_cache_write", "usage_input_tokens_cache_read", "uncached_input_tokens"),
        *("cache_creation_ephemeral_5m_input_tokens", "cache_creation_ephemeral_1h_input_tokens"),
        "cache_read_input_tokens",
    ),
    output=("usage_output_tokens", "output_tokens"),
)
# The Console's cost CSV: US dollars, rounded to cents, models by the name people know ("Claude Haiku 4.5").
_ANTHROPIC_COST_CSV = Shape(
    title="costs",
    needs=(("cost_usd",), ("usage_date_utc",)),
    day=("usage_date_utc",),
    model=("model", "model_version"),
    key=("api_key", "api_key_name", "api_key_id"),
    cost=("cost_usd",),
)
# https://platform.claude.com/docs/en/api/admin-api/usage-cost/get-cost-report: ``amount`` is a decimal text in cents.
_ANTHROPIC_COST_REPORT = Shape(
    title="cost report",
    needs=(("amount",), ("starting_at",)),
    day=("starting_at",),
    model=("model",),
    key=("api_key_id",),
    cost=("amount",),
    currency=("currency",),
    unit="cents",
)
# https://openrouter.ai/docs/api/api-reference/analytics/get-user-activity and the Activity page's CSV; ``usage`` is in
# US dollars, ``completion_tokens`` include reasoning; what ran on an own key (BYOK) is billed elsewhere.
_OPENROUTER_ACTIVITY = Shape(
    title="activity",
    needs=(("usage",), ("date",)),
    day=("date",),
    model=("model", "slug", "model_permaslug"),
    key=("api_key_name", "api_key", "api_key_label"),
    requests=("requests",),
    input=("prompt_tokens",),
    output=("completion_tokens",),
    cost=("usage",),
)
# The same page's list of single generations.
_OPENROUTER_GENERATIONS = Shape(
    title="generations",
    needs=(("cost_total",), ("created_at",)),
    day=("created_at",),
    model=("model_permaslug", "model"),
    variant=("variant",),
    key=("api_key_name",),
    requests=("1",),
    input=("tokens_prompt",),
    output=("tokens_completion",),
    cost=("cost_total",),
)

SHAPES: Mapping[str, tuple[Shape, ...]] = {
    Reconciliation.Kind.OPENAI: (_OPENAI_COSTS, _OPENAI_USAGE),
    Reconciliation.Kind.ANTHROPIC: (_ANTHROPIC_COST_CSV, _ANTHROPIC_USAGE, _ANTHROPIC_COST_REPORT),
    Reconciliation.Kind.OPENROUTER: (_OPENROUTER_GENERATIONS, _OPENROUTER_ACTIVITY),
}


class UnknownShape(Exception):
    """The file has not the columns it needs; the message names what is missing."""


def shape_for(kind: str, columns: Iterable[str], mapping: Mapping[str, str]) -> Shape:
    """The shape of a file with ``columns`` (folded). Raises ``UnknownShape``."""
    have = set(columns)
    shapes = (generic(mapping),) if kind == Reconciliation.Kind.GENERIC else SHAPES[kind]
    missing = []
    for shape in shapes:
        absent = [names for names in shape.needs if not have & set(names)]
        if not absent:
            return shape
        missing.append((len(absent), f"{shape.title}: {' and '.join(' or '.join(names[:4]) for names in absent)}"))
    shown = ", ".join(sorted(have)[:30]) or "no columns at all"
    wanted = "; ".join(text for _, text in sorted(missing))
    raise UnknownShape(f"Columns are missing ({wanted}). The file has: {shown[:600]}.")


def generic(mapping: Mapping[str, str]) -> Shape:
    """From the form's names of columns: ``day``, ``model``, ``key``, ``requests``, ``input``, ``output``, ``cost``, one
    column each or several joined by ``+``; ``cost_unit`` and ``day_format``."""
    given: dict[str, Any] = {
        name: tuple(fold(one) for one in mapping.get(name, "").split("+") if one.strip())
        for name in ("day", "model", "key", "requests", "input", "output", "cost")
    }
    return Shape(
        title="columns",
        needs=tuple((column,) for columns in given.values() for column in columns),
        **given,
        unit=mapping.get("cost_unit") or "usd",
        day_format=mapping.get("day_format") or "iso",
    )


def fold(name: str) -> str:
    """A column's name as shapes have it."""
    return re.sub(r"[^a-z0-9]+", "_", name.replace("\0", "").strip().lower()).strip("_")[:100]
