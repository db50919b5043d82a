"""What the gateway itself refuses. The whole tree is drawn in ``providers.errors``.

CallerError
├── BadRequest          400 (the field is named)
├── Unauthenticated     401 invalid_api_key
├── Forbidden           403 (scope or model not allowed)
├── UnknownModel        404 model_not_found
├── UnknownPath         404 unknown_url
├── MethodNotAllowed    405 method_not_allowed
├── BodyTooLarge        413 request_too_large
├── NotJson             415 unsupported_media_type
├── TooManyRequests     429 rate_limit_exceeded (Retry-After always)
└── LoopDetected        508 loop_detected
NotReady                503 not_ready: starting or stopping
JournalUnavailable      503 journal_unavailable: gateway/ledger
"""

from __future__ import annotations

from providers.errors import Fault, SwitchboardError


class CallerError(SwitchboardError):
    status, code, type = 400, "invalid_request_error", "invalid_request_error"
    fault = Fault.CALLER


class BadRequest(CallerError):
    pass


class Unauthenticated(CallerError):
    status, code, type = 401, "invalid_api_key", "authentication_error"


class Forbidden(CallerError):
    status, code, type = 403, "permission_denied", "permission_error"


class UnknownModel(CallerError):
    status, code = 404, "model_not_found"


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


class LoopDetected(CallerError):
    status, code = 508, "loop_detected"


class NotReady(SwitchboardError):
    status, code = 503, "not_ready"
