"""A vendor's refusal → one error of the tree, and our errors → OpenAI's envelope.

The order of the questions matters: a prompt that is too long, refused content and an empty purse are
told by words before the HTTP status is believed, since vendors use 400, 403, 413, 429, 500 and even 200 for each.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from providers.errors import (
    AccessDenied,
    ContentRefused,
    ContextTooLong,
    CredentialInvalid,
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
from providers.wires.openai.codec import encode
from providers.wires.openai.error_shapes import ErrorWords, read_words


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.VERBOSE | re.DOTALL)


_RATE = _words(r"rate[ _-]?limit | too\ many\ requests | tokens\ per\ (min|day) | requests\ per\ (min|day)")
_CONTEXT = _words(
    r"""context[ _](length|window|size) | maximum\ prompt\ length | exceed_context_size | context_length
      | (prompt|input)(\ (token\ count|length))?\ (is\ )?(too\ long|exceed) | max\ context | too\ large\ for\ model
      | reduce\ the\ length\ of | input\ tokens\ exceed
      | exceeds?\ the\ (model'?s\ )?max\w*\ (input|context|number\ of\ tokens)"""
)
_CONTENT = _words(
    r"""content[ _](policy|filter|management|moderation) | responsibleai | usage\ (guidelines|policies) | safety_check
      | violat\w+\ .{0,40}(polic|guideline|terms) | flagged\ (by|as|for) | data_inspection | inappropriate\ content
      | moderation_(blocked|failed) | safety\ system"""
)
_QUOTA = _words(
    r"""insufficient[ _](quota|balance|funds|credits?) | exceeded\ your\ (current\ quota|monthly)
      | billing_(hard_limit|not_active) | quota_exceeded
      | (credit|account)\ balance | (out\ of|depleted|no\ remaining|not\ enough|used\ all)\b.{0,60}\bcredits?
      | included\ credits | spending\ (cap|limit) | payment[ _]required | arrears | in\ good\ standing"""
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
      | not\ a\ valid\ model | specified\ model\ not\ found | no\ endpoints\ found
      | api\ deployment\ for\ this\ resource
      | models?\b.{0,90}?\b(do(es)?\ not\ exist | (is\ |was\ )?not\ found | decommissioned | deprecated | no\ longer
          | has\ (ended|been\ (removed|retired)) | not\ (available|served) | is\ not\ a\ chat)"""
)
_QUOTED = _words(r"""`[^`]*` | "[^"]*" | (?<!\w)'[^']*'(?!\w)""")
_CODE = re.compile(r"[\w.:\-]*[A-Za-z_][\w.:\-]*", re.ASCII)  # a code, not a number and not a sentence
_BUSY = _words(
    r"""overload | over\ capacity | (at|insufficient|no)\ capacity | loading\ model | model\ is\ (currently\ )?loading
      | unavailable_error"""
)
_REQUEST = _words(
    r"invalid_request | bad_request | invalid_parameter | validation | tool_use_failed | unsupported_(parameter|value)"
)
_STATUS_BY_TYPE = {
    "server_error": 500,
    "api_error": 500,
    "overloaded_error": 503,
    "permission_error": 403,
    "timeout_error": 504,
}


def read_error(status: int, headers: Mapping[str, str], body: bytes, *, vendor: str) -> UpstreamError:
    """Never raises. ``status`` is the HTTP one; a 200 with an error inside is judged by what the body says."""
    return error_of(read_words(body), status, headers, vendor=vendor)


def error_of(words: ErrorWords, status: int, headers: Mapping[str, str], *, vendor: str) -> UpstreamError:
    told = status if status >= 400 else words.status or _STATUS_BY_TYPE.get(words.type, 0)
    kind = _kind(told, words)
    own_code = words.code if _CODE.fullmatch(words.code) else None
    return kind(
        words.message or f"{vendor} answered HTTP {status} without a message",
        vendor_status=told or status,
        vendor_code=words.code or None,
        vendor_type=words.type or None,
        param=words.param or None,
        retry_after=read_retry_after(headers),
        code=own_code if kind is RequestRejected else None,
    )


def _kind(status: int, words: ErrorWords) -> type[UpstreamError]:
    text = f"{words.code} {words.type} {words.message}"
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


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, by ``retry-after-ms`` or ``retry-after`` (seconds, or a date held against the vendor's own)."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        if (seconds := _seconds(headers.get(name, ""))) is not None:
            return seconds / unit
    until = _date(headers.get("retry-after", ""))
    if until is None:
        return None
    now = _date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _seconds(text: str) -> float | None:
    return float(text) if re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", text, re.ASCII) else None


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


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
    return {"error": fields}


def write_error(error: SwitchboardError) -> bytes:
    return encode(envelope(error))
