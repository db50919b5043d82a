"""What the gateway itself refuses. The whole tree is drawn in ``providers.errors``.

CallerError
├── BadRequest          400 (the field is named)
├── Unauthenticated     401 invalid_api_key
├── Forbidden           403 (scope or model not allowed)
├── NoCapableModel      400 no_capable_model: no target can do what is asked
├── UnknownModel        404 model_not_found
│   └── TooManyRoutes   a route that leads through too many
├── UnknownPath         404 unknown_url
├── MethodNotAllowed    405 method_not_allowed
├── BodyTooLarge        413 request_too_large
├── NotCached           504 not_cached: only a kept answer was wanted
├── NotJson             415 unsupported_media_type
├── BudgetExceeded      402 budget_exceeded: a hard budget has too little left for the call's worst case
├── PriceUnknown        400 price_unknown: a hard budget holds and nobody said what the model costs
├── GuardrailBlocked    400 guardrail_blocked
├── TooManyRequests     429 rate_limit_exceeded (Retry-After always)
│   ├── LimitExceeded   429 requests_per_minute_exceeded, usage_per_minute_exceeded, parallel_requests_exceeded
│   └── TooManyParallel 429 too_many_parallel_requests: calls at once of one key
└── LoopDetected        508 loop_detected
DeadlineExceeded        504 deadline_exceeded: the time for the whole call is over
Overloaded              503 gateway_overloaded: calls at once in the process or at a provider
BudgetUnavailable       503 budget_unavailable: what is left cannot be told now
GuardrailFailed         503 guardrail_failed: a check could not be made, and its setting is closed
NotReady                503 not_ready: starting or stopping
JournalUnavailable      503 journal_unavailable: gateway/ledger
"""

from __future__ import annotations

from typing import Any

from providers.errors import Fault, Retry, SwitchboardError


class CallerError(SwitchboardError):
    status, code, type = 400, "invalid_request_error", "invalid_request_error"
    fault = Fault.CALLER


class BadRequest(CallerError):
    pass


class Unauthenticated(CallerError):
    status, code, type = 401, "invalid_api_key", "authentication_error"


class Forbidden(CallerError):
    status, code, type = 403, "permission_denied", "permission_error"


class NoCapableModel(CallerError):
    code = "no_capable_model"


class UnknownModel(CallerError):
    status, code = 404, "model_not_found"


class TooManyRoutes(UnknownModel):
    """A route that leads to routes that lead to routes …: nothing else is tried in its place."""


class UnknownPath(CallerError):
    status, code = 404, "unknown_url"


class MethodNotAllowed(CallerError):
    status, code = 405, "method_not_allowed"


class BodyTooLarge(CallerError):
    status, code = 413, "request_too_large"


class NotJson(CallerError):
    status, code = 415, "unsupported_media_type"


class TooManyRequests(CallerError):
    status, code, type = 429, "rate_limit_exceeded", "rate_limit_error"


class TooManyParallel(TooManyRequests):
    """An API key has as many calls in flight as it may have."""

    code = "too_many_parallel_requests"


class LimitExceeded(TooManyRequests):
    """A limit of requests or usage a minute, or of calls at once. ``rule`` is the ``gateway.limits`` rule. One of a
    target only (a provider, a model) is no reason not to try the next. One call larger than a limit of usage gets 413:
    no wait helps."""

    code = "requests_per_minute_exceeded"
    codes = ("requests_per_minute_exceeded", "usage_per_minute_exceeded", "parallel_requests_exceeded")
    rule: Any = None


class BudgetExceeded(CallerError):
    """``details`` name the budget, what is left and when it begins anew. One of a target only (a provider, a model) is
    no reason not to try the next."""

    status, code, type = 402, "budget_exceeded", "insufficient_quota"


class PriceUnknown(CallerError):
    code = "price_unknown"
    retry = Retry.NEXT_TARGET


class GuardrailBlocked(CallerError):
    code = "guardrail_blocked"


class LoopDetected(CallerError):
    status, code = 508, "loop_detected"


class NotCached(CallerError):
    """Only a kept answer was wanted (RFC 9111 §5.2.1.7)."""

    status, code = 504, "not_cached"


class DeadlineExceeded(SwitchboardError):
    status, code = 504, "deadline_exceeded"


class Overloaded(SwitchboardError):
    """The process or a provider has as many calls in flight as it may have."""

    status, code = 503, "gateway_overloaded"
    retry = Retry.NEXT_TARGET


class BudgetUnavailable(SwitchboardError):
    """The database is away and the leased slice is spent."""

    status, code = 503, "budget_unavailable"


class GuardrailFailed(SwitchboardError):
    status, code = 503, "guardrail_failed"


class NotReady(SwitchboardError):
    status, code = 503, "not_ready"
