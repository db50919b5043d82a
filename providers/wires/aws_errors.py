"""What AWS refuses → the error tree, whichever of its services: named exceptions in a header, a body or a frame.

Source: docs.aws.amazon.com Bedrock API reference, "Common Errors" and the errors of Converse and InvokeModel; SageMaker
Runtime, InvokeEndpoint; messages as the services send them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from providers.errors import (
    AccessDenied,
    ContentRefused,
    ContextTooLong,
    CredentialInvalid,
    ModelNotServed,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    UpstreamError,
    VendorFailed,
    VendorOverloaded,
    VendorTimeout,
)
from providers.wires.event_stream import Frame
from providers.wires.openai.codec import decode, mapping
from providers.wires.openai.error_shapes import ErrorWords, masked, read_words
from providers.wires.openai.errors import error_of, read_retry_after

BY_NAME: dict[str, type[UpstreamError]] = {
    "throttling": RateLimited,
    "toomanyrequests": RateLimited,
    "requestlimitexceeded": RateLimited,
    "provisionedthroughputexceeded": RateLimited,
    "servicequotaexceeded": QuotaExceeded,
    "limitexceeded": QuotaExceeded,
    "serviceunavailable": VendorOverloaded,
    "modelnotready": VendorOverloaded,
    "modeltimeout": VendorTimeout,
    "internalserver": VendorFailed,
    "internalfailure": VendorFailed,
    "internalstreamfailure": VendorFailed,
    "modelerror": VendorFailed,
    "modelstreamerror": VendorFailed,
    "unknownoperation": VendorFailed,
    "resourcenotfound": ModelNotServed,
    "accessdenied": AccessDenied,
    "optinrequired": AccessDenied,
    "validation": RequestRejected,
    "serialization": RequestRejected,
    "conflict": VendorFailed,
    "unrecognizedclient": CredentialInvalid,
    "invalidclienttokenid": CredentialInvalid,
    "invalidsignature": CredentialInvalid,
    "signaturedoesnotmatch": CredentialInvalid,
    "incompletesignature": CredentialInvalid,
    "missingauthenticationtoken": CredentialInvalid,
    "expiredtoken": CredentialInvalid,
    "invalidtoken": CredentialInvalid,
}


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.VERBOSE)


_CONTEXT = _words(
    r"""(input|prompt)\ is\ too\ long | input\ tokens\ exceeded | (number\ of\ )?input\ tokens\ exceeds?
      | too\ many\ input\ tokens | maximum\ (context\ length|input\ length|number\ of\ input) | context\ window"""
)
_CONTENT = _words(r"content\ (filter|polic) | filtered\ by | violat\w+\ .{0,40}polic | safety\ polic")
_MODEL = _words(
    r"""model\ identifier\ is\ invalid | on-demand\ throughput\ isn.?t\ supported | retry\ your\ request\ with\ the\ id
      | end\ of\ its\ life | could\ not\ (find|resolve)\ .{0,40}model | model\ not\ found | invalid\ modelid
      | \bendpoint\ .{0,200}\ not\ found | (inference\ profile|model).{0,120}\ (does\ not|doesn.?t)\ exist"""
)
_KEY = _words(
    r"""security\ token | api\ key | bearer\ token | authentication\ failed | access\ key | (in)?valid\ credential
      | missing\ authentication"""
)
_NOT_ALLOWED = _words(r"operation\ not\ allowed | not\ authorized\ to\ perform | access\ to\ (the|this)\ model")
_CLOCK = _words(r"signature\ (expired|not\ yet\ current)")
_BY_DAY = _words(r"per\ day | daily")
_SECRET = re.compile(
    r"\b(?:A[KS]IA[A-Z0-9]{8,}|ABSK[\w+/=]{8,}|bedrock-api-key-[\w+/=.-]+)|(?<=Credential=)[^\s,]+|(?<=Signature=)[0-9a-f]+"
)
_CANONICAL = "The Canonical String"  # what follows quotes the request, session token and all


def read_error(status: int, headers: Mapping[str, str], body: bytes, *, vendor: str) -> UpstreamError:
    """Any refusal, whatever its body. ``headers`` is looked up by lower-case names. Never raises."""
    content = _content(body)
    name = _bare(headers.get("x-amzn-errortype", "")) or _body_name(content)
    original = content.get("OriginalStatusCode") or content.get("originalStatusCode")
    if isinstance(original, int) and 400 <= original < 600 and (inner := _original(content)):
        return _of_container(original, inner, vendor=vendor)
    words = read_words(body)
    return error_named(
        name, clean(_message(content) or words.message), status=status, headers=headers, vendor=vendor, words=words
    )


def error_in_frame(frame: Frame, *, vendor: str) -> UpstreamError:
    """The error of an exception or error frame, which came inside a 200."""
    content = _content(frame.payload)
    message = clean(_message(content) or frame.message or read_words(frame.payload).message)
    return error_named(_bare(frame.name) or _body_name(content), message, status=200, headers={}, vendor=vendor)


def error_named(
    name: str, message: str, *, status: int, headers: Mapping[str, str], vendor: str, words: ErrorWords | None = None
) -> UpstreamError:
    """The error AWS calls ``name``; one without a name, or with one nobody knows, is judged by status and words."""
    kind = _class(name)
    if kind is None:
        told = (words or ErrorWords())._replace(message=message)
        error = error_of(told, _guessed_status(name, status), headers, vendor=vendor)
        error.vendor_code = error.vendor_code or name or None
        return error
    return _refined(kind, message, status)(
        message or f"{vendor} answered {name} without a message",
        vendor_status=status,
        vendor_code=name,
        vendor_type=name,
        retry_after=read_retry_after(headers),
    )


def _refined(kind: type[UpstreamError], message: str, status: int) -> type[UpstreamError]:
    """What the words of a message say beyond the exception's name."""
    if kind is RateLimited and _BY_DAY.search(message):
        return QuotaExceeded
    if kind is CredentialInvalid and _CLOCK.search(message):
        return AccessDenied  # a clock that is wrong is not the key's fault
    if kind is AccessDenied and _KEY.search(message) and not _NOT_ALLOWED.search(message):
        return CredentialInvalid
    if kind is RequestRejected:
        return _validation(message)
    return VendorFailed if kind is ModelNotServed and status >= 500 else kind


def _validation(message: str) -> type[UpstreamError]:
    if _CONTEXT.search(message):
        return ContextTooLong
    if _MODEL.search(message):
        return ModelNotServed
    if _NOT_ALLOWED.search(message):
        return AccessDenied
    return ContentRefused if _CONTENT.search(message) else RequestRejected


def _of_container(status: int, inner: str, *, vendor: str) -> UpstreamError:
    """What the model's own container answered, handed through by SageMaker with a 424. A credential it speaks of is
    none of ours, so no verdict of it may rest a token."""
    error = error_of(read_words(inner.encode(errors="replace")), status, {}, vendor=vendor)
    if isinstance(error, CredentialInvalid | QuotaExceeded | RateLimited):
        kind = VendorOverloaded if status == 429 else VendorFailed
        return kind(error.message, vendor_status=status, vendor_code=error.vendor_code)
    return error


def _guessed_status(name: str, status: int) -> int:
    return status if status >= 400 or not name else 500


def _class(name: str) -> type[UpstreamError] | None:
    """Bedrock says ``ValidationException``, SageMaker ``ValidationError``."""
    key = name.lower().removesuffix("exception")
    return BY_NAME.get(key) or BY_NAME.get(key.removesuffix("error"))


def _bare(name: str) -> str:
    """``ValidationException`` of ``com.amazon.coral#ValidationException:http://internal…``."""
    return name.rpartition("#")[2].partition(":")[0].strip()[:100]


def _content(body: bytes) -> Mapping[str, Any]:
    try:
        return mapping(decode(body))
    except ValueError:
        return {}


def _body_name(content: Mapping[str, Any]) -> str:
    for holder in (content, mapping(content.get("Output"))):
        for field in ("__type", "code", "Code"):
            if isinstance(found := holder.get(field), str):
                return _bare(found)
    return ""


def _message(content: Mapping[str, Any]) -> str:
    for field in ("message", "Message", "errorMessage", "originalMessage"):
        found = content.get(field)
        if isinstance(found, str) and found:
            return found
    return ""


def _original(content: Mapping[str, Any]) -> str:
    found = content.get("OriginalMessage") or content.get("originalMessage")
    return found if isinstance(found, str) else ""


def clean(message: str) -> str:
    """``message`` without anything that looks like a credential."""
    return masked(_SECRET.sub("***", message.partition(_CANONICAL)[0].strip()))
