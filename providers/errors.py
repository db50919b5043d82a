"""Every refusal explains itself: the errors of a call, in one tree.

    SwitchboardError
    ├── UpstreamError                  what a vendor did; carries its own status, code and message
    │   ├── CredentialInvalid      502 provider_credential_rejected   next token    account
    │   ├── QuotaExceeded          429 insufficient_quota             next token    account
    │   ├── RateLimited            429 rate_limit_exceeded            next token    account
    │   │   └── LargerThanLimit    429 rate_limit_exceeded            next target   account
    │   ├── VendorOverloaded       503 provider_overloaded            next target   vendor
    │   ├── VendorFailed           502 provider_error                 next target   vendor
    │   ├── ProviderUnavailable    503 provider_unavailable           next target   vendor
    │   ├── VendorUnreachable      502 provider_unreachable           next target   vendor
    │   ├── VendorTimeout          504 provider_timeout               next target   vendor
    │   ├── VendorGarbled          502 provider_invalid_response      next target   vendor
    │   ├── StreamBroken           502 provider_stream_broken         next target   vendor
    │   ├── AccessDenied           403 provider_access_denied         next target   account
    │   ├── ModelNotServed         404 model_not_found                next target   caller
    │   ├── RequestRejected        400 (the vendor's code)            never         caller
    │   ├── ContextTooLong         400 context_length_exceeded        never         caller
    │   └── ContentRefused         400 content_policy_violation       never         caller
    ├── UnsupportedFeature         400 unsupported_feature            next target   caller
    ├── BadConfiguration           503 provider_misconfigured         next target   gateway
    └── CallerError                    gateway/errors.py: what the gateway itself refuses

``retry`` says what the attempt loop may do next, ``fault`` whose doing it was.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar


class Retry(StrEnum):
    NEVER = "never"
    SAME_TOKEN = "same_token"
    NEXT_TOKEN = "next_token"
    NEXT_TARGET = "next_target"


class Fault(StrEnum):
    CALLER = "caller"
    ACCOUNT = "account"  # our account at the vendor: credential, quota, permission
    VENDOR = "vendor"
    GATEWAY = "gateway"


class SwitchboardError(Exception):
    """Base of all. ``status`` is the HTTP status the app sees, ``retry_after`` whole or part seconds."""

    status: int = 500
    code: str = "internal_error"
    codes: ClassVar[tuple[str, ...]] = ()  # where a class has several
    type: str = "api_error"
    retry: Retry = Retry.NEVER
    fault: Fault = Fault.GATEWAY

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
        status: int | None = None,
    ) -> None:
        message = message.replace("\0", "\ufffd")  # PostgreSQL refuses it, and with it all that is written beside
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after = retry_after
        self.refusal: object | None = None  # one and the same in all that were told of one exchange's failure
        self.billed: Any = None  # the Usage of an answer that came and could not be used
        self.attempts: tuple[str, ...] = ()  # what each attempt met, where there were several
        self.plan: Any = None  # what a plan that came to nothing would tell (``gateway.routing.story.Told``)
        self.details: dict[str, Any] = {}  # what a program may read of it, beside the message; in the caller's envelope
        self.where: tuple[tuple[bytes, bytes], ...] = ()  # headers that tell which attempt it comes from
        if code is not None:
            self.code = code
        if status is not None:
            self.status = status


class UpstreamError(SwitchboardError):
    """What a vendor did. ``vendor_*`` are its own words, never holding a credential."""

    type = "upstream_error"
    fault = Fault.VENDOR
    default_status: ClassVar[int] = 502

    def __init__(
        self,
        message: str,
        *,
        vendor_status: int | None = None,
        vendor_code: str | None = None,
        vendor_type: str | None = None,
        param: str | None = None,
        retry_after: float | None = None,
        code: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, code=code, param=param, retry_after=retry_after, status=status)
        self.vendor_status = vendor_status
        self.vendor_code = vendor_code
        self.vendor_type = vendor_type
        self.provider: str | None = None  # filled in by the attempt loop


class CredentialInvalid(UpstreamError):
    status, code = 502, "provider_credential_rejected"
    retry, fault = Retry.NEXT_TOKEN, Fault.ACCOUNT


class QuotaExceeded(UpstreamError):
    status, code, type = 429, "insufficient_quota", "insufficient_quota"
    retry, fault = Retry.NEXT_TOKEN, Fault.ACCOUNT


class RateLimited(UpstreamError):
    status, code, type = 429, "rate_limit_exceeded", "rate_limit_error"
    retry, fault = Retry.NEXT_TOKEN, Fault.ACCOUNT


class LargerThanLimit(RateLimited):
    """One request asks for more than the account may use in a minute: no wait mends that, and the token is well."""

    retry = Retry.NEXT_TARGET


class VendorOverloaded(UpstreamError):
    status, code = 503, "provider_overloaded"
    retry = Retry.NEXT_TARGET


class VendorFailed(UpstreamError):
    status, code = 502, "provider_error"
    retry = Retry.NEXT_TARGET


class ProviderUnavailable(UpstreamError):
    """Nobody was asked: a circuit breaker is open."""

    status, code = 503, "provider_unavailable"
    retry = Retry.NEXT_TARGET


class VendorUnreachable(UpstreamError):
    status, code = 502, "provider_unreachable"
    retry = Retry.NEXT_TARGET


class VendorTimeout(UpstreamError):
    status, code = 504, "provider_timeout"
    retry = Retry.NEXT_TARGET


class VendorGarbled(UpstreamError):
    status, code = 502, "provider_invalid_response"
    retry = Retry.NEXT_TARGET


class StreamBroken(UpstreamError):
    status, code = 502, "provider_stream_broken"
    retry = Retry.NEXT_TARGET


class AccessDenied(UpstreamError):
    status, code, type = 403, "provider_access_denied", "permission_error"
    retry, fault = Retry.NEXT_TARGET, Fault.ACCOUNT


class ModelNotServed(UpstreamError):
    status, code, type = 404, "model_not_found", "invalid_request_error"
    retry, fault = Retry.NEXT_TARGET, Fault.CALLER


class RequestRejected(UpstreamError):
    status, code, type = 400, "invalid_request_error", "invalid_request_error"
    retry, fault = Retry.NEVER, Fault.CALLER


class ContextTooLong(RequestRejected):
    code = "context_length_exceeded"


class ContentRefused(RequestRejected):
    code = "content_policy_violation"


class UnsupportedFeature(SwitchboardError):
    """The target cannot do what was asked; the message names the feature."""

    status, code, type = 400, "unsupported_feature", "invalid_request_error"
    retry, fault = Retry.NEXT_TARGET, Fault.CALLER


class BadConfiguration(SwitchboardError):
    """A provider's settings do not allow a call (no address, a setting of the wrong form)."""

    status, code = 503, "provider_misconfigured"
    retry, fault = Retry.NEXT_TARGET, Fault.GATEWAY
