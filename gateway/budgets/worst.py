"""The worst case of an attempt: what is held for it, and the target as it is then called."""

from __future__ import annotations

from typing import Any, NamedTuple

from gateway.budgets.compiled import Spending
from gateway.budgets.estimate import Estimate, chat_estimate, embeddings_estimate, rerank_estimate
from gateway.budgets.output import Output, output_of
from gateway.budgets.prices import worst_cost
from gateway.inbound import Inbound
from gateway.operations.base import Operation
from gateway.operations.embeddings import Embeddings
from gateway.operations.rerank import Rerank
from gateway.routing.targets import Planned
from providers.pricing.published import utc

NO_OUTPUT = Output(0)


class Worst(NamedTuple):
    """``nano``: nano-dollars, ``None`` where the price is unknown. ``units``: input and output. ``planned``: the
    target, told the most output where the app named none."""

    nano: int | None
    units: int
    planned: Planned


def worst_case(
    inbound: Inbound, planned: Planned, spending: Spending, *, at: int, assumed_output: int | None = None
) -> Worst:
    """``at``: when the call began, in microseconds since the epoch. ``assumed_output``: what its route says."""
    operation = inbound.operation
    estimate = estimate_of(operation, inbound.size)
    facts = planned.provider.facts_of(planned.model)
    output = _output(operation, planned, spending, most=facts.max_output, route=assumed_output)
    units = estimate.units(planned.model, window=facts.context_window)
    nano = _nano(planned, spending, estimate, units, output.units, at=at, speaks=_speaks(operation))
    if output.sent:
        planned = planned.with_parameters({"max_tokens": output.sent})
    return Worst(nano, units + output.units, planned)


def estimate_of(operation: Operation, size: int) -> Estimate:
    """``size``: bytes of the body, which no tokenizer makes more units of."""
    body = _body(operation)
    if body is not None:
        return chat_estimate(body)
    if isinstance(operation, Embeddings):
        return embeddings_estimate(operation.call.inputs)
    if isinstance(operation, Rerank):
        return rerank_estimate(operation.call.query, operation.call.documents)
    return Estimate(input=size)


def _output(
    operation: Operation, planned: Planned, spending: Spending, *, most: int | None, route: int | None
) -> Output:
    body = _body(operation)
    if body is None:
        return NO_OUTPUT
    return output_of(body, planned.parameters, route=route, most=most, assumed=spending.assumed_output)


def _nano(
    planned: Planned, spending: Spending, estimate: Estimate, units: int, output: int, *, at: int, speaks: bool
) -> int | None:
    sheet = planned.provider.prices_of(planned.model).sheet(utc(at)) or spending.assumed
    if sheet is None:
        return None
    return worst_cost(
        sheet,
        input=units,
        output=output,
        audio=estimate.audio,
        audio_output=speaks,
        long_cache=estimate.long_cache,
        searches=estimate.searches if "web_search" in sheet.filled else 0,
        search_units=estimate.search_units,
    )


def _body(operation: Operation) -> dict[str, Any] | None:
    body = getattr(operation, "body", None)
    return body if isinstance(body, dict) else None


def _speaks(operation: Operation) -> bool:
    """Whether the answer may be sound."""
    modalities = (_body(operation) or {}).get("modalities")
    return isinstance(modalities, list) and "audio" in modalities
