"""A vendor's refusal → one error of the tree, and our errors → OpenAI's envelope.

The order of the questions matters: a prompt that is too long, refused content and an empty purse are
told by words before the HTTP status is believed, since vendors use 400, 403, 413, 429, 500 and even 200 for each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from providers.errors import (
    AccessDenied,
    ContentRefused,
    ContextTooLong,
    CredentialInvalid,
    LargerThanLimit,
    ModelNotServed,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    SwitchboardError,
    UpstreamError,
    VendorFailed,
    VendorOverloaded,
    VendorTimeout,
)
from providers.vendors.base import Problem, Vendor
from providers.wires.openai.codec import encode
from providers.wires.openai.error_shapes import ErrorWords, read_words
from providers.wires.openai.waits import read_retry_after, read_wait

__all__ = ["envelope", "error_of", "read_error", "read_retry_after", "read_vendor_error", "write_error"]


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.VERBOSE | re.DOTALL)


_RATE = _words(r"rate[ _-]?limit | too\ many\ requests | tokens\ per\ (min|day) | requests\ per\ (min|day)")
_CONTEXT = _words(
    r"""context[ _](length|window|size) | maximum\ prompt\ length | exceed_context_size | context_length
      | (prompt|input)(\ (tokens?|count|length))*\ (is\ )?(too\ long|exceed) | max\ context | too\ large\ for\ model
      | (tokens|characters)_too_long | inputs`?\ tokens\ \+ | exceeded\ model\ token\ limit | range\ of\ input\ length
      | reduce\ the\ length\ of | input\ tokens\ exceed
      | exceeds?\ the\ (model'?s\ )?max\w*\ (input|context|number\ of\ tokens)"""
)
_TOO_LARGE = _words(r"\A\W*request\ too\ large\b.{0,200}(per\ (min|day) | \b(TPM|TPD|ITPM)\b)")
_CONTENT = _words(
    r"""content[ _](policy|filter|management|moderation) | responsibleai | usage\ (guidelines|policies) | safety_check
      | violat\w+\ .{0,40}(polic|guideline|terms) | flagged\ (by|as|for) | data_inspection | inappropriate\ content
      | moderation_(blocked|failed) | safety\ system | new_sensitive | unsafe_request | censor(ship|ed)"""
)
_QUOTA = _words(
    r"""insufficient[ _](quota|balance|funds|credits?) | exceeded\ your\ (current\ quota|monthly)
      | billing_(hard_limit|not_active) | quota_exceeded
      | (credit|account)\ balance | (out\ of|depleted|no\ remaining|not\ enough|used\ all)\b.{0,60}\bcredits?
      | have\ any\ credits | included\ credits
      | spending\ (cap|limit) | payment[ _]required | arrears | in\ good\ standing"""
)
_KEY = _words(
    r"""(incorrect|invalid|wrong|expired|revoked|missing|disabled|unknown|no|bad|malformed)[ _](auth\w*\ )?
          ((x-)?api[ _-]?key|(api|access|auth\w*|bearer)[ _]token|credentials?|subscription\ key|cookie\ auth|key\b)
      | (api[ _-]?key|access\ token|credential)s?\b.{0,40}
          \b(not\ valid|(in|not\ )(valid|correct)|incorrect|expired|revoked|disabled|blocked|not\ found|required)
      | invalid_token | authentication_(error|failed) | unauthenticated | user\ not\ found"""
)
_NOT_THE_KEY = _words(
    r"""permission | \bscopes?\b | not\ allowed | \bregion | \bcountry | \bip\ address | organization | \bproject\b
      | access\ to\ (the\ |this\ )?model"""
)
_MODEL = _words(
    r"""model_not_found | invalid_model | deploymentnotfound | model_not_(supported|available)
      | (unknown|invalid|no\ such)\ model
      | not\ a\ valid\ model | not\ found\ the\ model | \b(endpoint|function)\b.{0,60}(does\ not\ exist|not\ found\ for)
      | specified\ model\ not\ found | no\ endpoints\ found
      | api\ deployment\ for\ this\ resource
      | models?\b.{0,90}?\b(do(es)?\ not\ exist | (is\ |was\ )?not\ found | decommissioned | deprecated | no\ longer
          | has\ (ended|been\ (removed|retired))
          | not\ supported\b.{0,20}supported\ models | not\ (available|served) | is\ not\ a\ chat)"""
)
_QUOTED = _words(r"""`[^`]*` | "[^"]*" | (?<!\w)'[^']*'(?!\w)""")
_CODE = re.compile(r"[\w.:\-]*[A-Za-z_][\w.:\-]*", re.ASCII)  # a code, not a number and not a sentence
_BUSY = _words(
    r"""overload | over\ capacity | capacity\ exceeded | (at|insufficient|no)\ capacity | loading\ model
      | model\ is\ (currently\ )?loading | unavailable_error"""
)
_REQUEST = _words(
    r"invalid_request | bad_request | invalid_parameter | validation | tool_use_failed | unsupported_(parameter|value)"
)
NO_CODES: Mapping[str, Problem] = MappingProxyType({})
_STATUS_BY_TYPE = {
    "server_error": 500,
    "api_error": 500,
    "overloaded_error": 503,
    "permission_error": 403,
    "timeout_error": 504,
}


_BY_PROBLEM: Mapping[Problem, type[UpstreamError]] = {
    "key": CredentialInvalid,
    "quota": QuotaExceeded,
    "rate": RateLimited,
    "busy": VendorOverloaded,
    "timeout": VendorTimeout,
    "failed": VendorFailed,
    "access": AccessDenied,
    "model": ModelNotServed,
    "context": ContextTooLong,
    "content": ContentRefused,
    "request": RequestRejected,
}
_WAITING = (RateLimited, QuotaExceeded, VendorOverloaded)  # what a wait mends


def read_vendor_error(status: int, headers: Mapping[str, str], body: bytes, vendor: Vendor) -> UpstreamError:
    """As ``read_error``, with the vendor's own codes."""
    return error_of(read_words(body), status, headers, vendor=vendor.name, codes=vendor.quirks.error_codes)


def read_error(status: int, headers: Mapping[str, str], body: bytes, *, vendor: str) -> UpstreamError:
    """Never raises. ``status`` is the HTTP one; a 200 with an error inside is judged by what the body says."""
    return error_of(read_words(body), status, headers, vendor=vendor)


def error_of(
    words: ErrorWords,
    status: int,
    headers: Mapping[str, str],
    *,
    vendor: str,
    codes: Mapping[str, Problem] = NO_CODES,
) -> UpstreamError:
    told = status if status >= 400 else words.status or _STATUS_BY_TYPE.get(words.type, 0)
    problem = codes.get(words.code) or codes.get(words.type)
    kind = _BY_PROBLEM[problem] if problem else _kind(told, words)
    own_code = words.code if _CODE.fullmatch(words.code) else None
    return kind(
        words.message or f"{vendor} answered HTTP {status} without a message",
        vendor_status=told or status,
        vendor_code=words.code or None,
        vendor_type=words.type or None,
        param=words.param or None,
        retry_after=read_wait(words.headers, headers, message=words.message if issubclass(kind, _WAITING) else None),
        code=own_code if kind is RequestRejected else None,
    )


def _kind(status: int, words: ErrorWords) -> type[UpstreamError]:
    text = f"{words.code} {words.type} {words.message}"
    if status in (0, 400, 413, 429) and _TOO_LARGE.search(words.message):
        return LargerThanLimit
    return _about_account(status, words) or _by_words(status, text) or _by_status(status, text)


def _about_account(status: int, words: ErrorWords) -> type[UpstreamError] | None:
    """Verdicts that rest or retire a token. They listen only to how the message begins, quotations left out: a vendor
    that quotes the request back must not let one app's prompt take a token out for all."""
    said = f"{words.code} {words.type} {_QUOTED.sub(' ', words.message)[:160]}"
    if status == 402 or (status not in (401, 404) and _QUOTA.search(said)):
        return QuotaExceeded
    if status in (0, 400, 403, 413, 503) and _RATE.search(said):
        return RateLimited
    return CredentialInvalid if status in (0, 400, 403) and _KEY.search(said) else None


def _by_words(status: int, text: str) -> type[UpstreamError] | None:
    """What the words say plainly, where the status does not speak against it."""
    if status in (0, 400, 413, 422, 500) and _CONTEXT.search(text):
        return ContextTooLong
    if status in (0, 400, 403, 422, 451) and _CONTENT.search(text):
        return ContentRefused
    if status in (0, 400, 403, 404, 410, 422) and _MODEL.search(text):
        return AccessDenied if status == 403 else ModelNotServed
    if status in (0, 429, 500, 502) and _BUSY.search(text):
        return VendorOverloaded
    return RequestRejected if status == 0 and _REQUEST.search(text) else None


_BY_STATUS: dict[int, type[UpstreamError]] = {
    403: AccessDenied,
    404: VendorFailed,  # nothing about a model: the address is wrong
    405: VendorFailed,
    408: VendorTimeout,
    409: VendorFailed,
    410: ModelNotServed,
    429: RateLimited,
    451: AccessDenied,
    498: VendorOverloaded,  # Groq: flex capacity exceeded
    499: VendorFailed,
    503: VendorOverloaded,
    504: VendorTimeout,
    522: VendorTimeout,
    524: VendorTimeout,
    529: VendorOverloaded,
}


def _by_status(status: int, text: str) -> type[UpstreamError]:
    if status == 401:
        return AccessDenied if _NOT_THE_KEY.search(text) and not _KEY.search(text) else CredentialInvalid
    known = _BY_STATUS.get(status)
    return known or (RequestRejected if 400 <= status < 500 else VendorFailed)


def envelope(error: SwitchboardError) -> dict[str, object]:
    """OpenAI's ``{"error": …}``; of a vendor's error also the provider and the vendor's own status and code."""
    fields: dict[str, object] = {
        "message": error.message,
        "type": error.type,
        "param": error.param,
        "code": error.code,
    }
    if isinstance(error, UpstreamError):
        fields |= {
            "provider": error.provider,
            "vendor_status": error.vendor_status,
            "vendor_code": error.vendor_code,
        }
    if error.details:
        fields["details"] = error.details
    return {"error": fields}


def write_error(error: SwitchboardError) -> bytes:
    return encode(envelope(error))
