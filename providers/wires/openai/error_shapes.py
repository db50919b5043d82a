"""The many shapes of an error body, brought to one: ``ErrorWords``. What they mean is decided in errors.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from providers.wires.openai.codec import decode, mapping, string

MESSAGE_LIMIT = 2000

_SECRETS = re.compile(
    r"""\b(?:sk|pk|rk|gsk|xai|csk|fw|hf|r8|pplx|nvapi|tgp|key|gh[a-z]|github_pat|glpat)[-_][\w*.\-]{2,}[\w*\-]
      | \bAIza[\w\-]{10,} | \bya29\.[\w\-.]+ | \beyJ[\w\-]+\.[\w\-]+\.?[\w\-]*
      | (?P<lead>\bbearer\s+
                | (?:api[\s_-]?key|token|secret|password|authorization)(?:\s+provided)?["']?\s*[:=]\s*["']?)
        (?!bearer\b)(?=\S*[\d*_\-]|\S{16})[^\s"',;}]{3,}[^\s"',;}.]""",
    re.IGNORECASE | re.VERBOSE,
)
_TITLE = re.compile(r"<(title|h1)[^>]*>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


class ErrorWords(NamedTuple):
    """A vendor's own words. ``status`` is the one the body itself names, 0 where it names none; ``headers`` are those
    an aggregator repeats from upstream."""

    message: str = ""
    code: str = ""
    type: str = ""
    param: str = ""
    status: int = 0
    headers: Mapping[str, str] = MappingProxyType({})


def masked(text: str) -> str:
    """``text`` with all that looks like a credential replaced, cut to 2,000 characters."""
    return _SECRETS.sub(lambda found: f"{found['lead'] or ''}***", text[: MESSAGE_LIMIT * 2])[:MESSAGE_LIMIT]


def read_words(body: bytes) -> ErrorWords:
    """The words of any body at all, credentials masked."""
    try:
        words = from_value(decode(body))
    except ValueError:
        words = ErrorWords(_prose(body.decode(errors="replace")))
    if len(words.param.split()) > 2:  # Xiaomi: the useful sentence stands in ``param``
        words = words._replace(message=f"{words.message}: {words.param}", param="")
    return words._replace(
        message=masked(words.message.strip()),
        code=masked(words.code)[:200],
        type=masked(words.type)[:200],
        param=masked(words.param)[:200],
    )


def _prose(text: str) -> str:
    """Plain text as it is; of an HTML page its title."""
    if "<" not in text[:200]:
        return text
    title = _TITLE.search(text)
    return " ".join(_TAG.sub(" ", title[2] if title else text).split())


def from_value(value: Any) -> ErrorWords:
    """Objects, arrays (the first that says something) and bare strings."""
    if isinstance(value, list):
        found = (from_value(item) for item in value[:20])
        return next((words for words in found if words.message), ErrorWords())
    if isinstance(value, dict):
        return _from_object(value)
    return ErrorWords(string(value))


def _from_object(body: Mapping[str, Any]) -> ErrorWords:
    outer = ErrorWords(_message(body), _word(body, "code"), _word(body, "type"), _word(body, "param"), _status(body))
    inner = _inner(body)
    if inner is None:
        return outer
    return ErrorWords(
        inner.message or outer.message,
        inner.code or outer.code,
        inner.type or outer.type,
        inner.param or outer.param,
        inner.status or outer.status,
        inner.headers,
    )


def _inner(body: Mapping[str, Any]) -> ErrorWords | None:
    """``error`` as object, string or list; Cloudflare's ``errors``; an aggregator's upstream in ``metadata``; MiniMax's
    ``base_resp``."""
    error = body.get("error") or body.get("errors")
    if isinstance(error, dict):
        return _with_upstream(_fields(error), error)
    if isinstance(error, str):
        details = mapping(mapping(body.get("details")).get("error"))
        return ErrorWords(_message(details) or error, _word(details, "code"))
    if isinstance(error, list):
        texts = [item if isinstance(item, str) else from_value(item).message for item in error[:20]]
        first = next((from_value(item) for item in error if isinstance(item, dict)), ErrorWords())
        return first._replace(message="; ".join(filter(None, texts)))
    verdict = base_resp(body)
    return ErrorWords(string(verdict.get("status_msg")), _word(verdict, "status_code")) if verdict else None


def base_resp(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """MiniMax's verdict, where it is a bad one: it comes with every answer, and a 200 tells nothing."""
    verdict = mapping(body.get("base_resp"))
    return verdict if verdict.get("status_code") else {}


def _fields(error: Mapping[str, Any]) -> ErrorWords:
    words = ErrorWords(
        _message(error), _word(error, "code"), _word(error, "type"), _word(error, "param"), _status(error)
    )
    inner = mapping(error.get("innererror"))  # Azure: the reason of a content filter
    return words._replace(code=_word(inner, "code")) if _word(inner, "code") else words


def _with_upstream(words: ErrorWords, error: Mapping[str, Any]) -> ErrorWords:
    metadata = mapping(error.get("metadata"))
    headers = {name.lower(): value for name, value in mapping(metadata.get("headers")).items() if string(value)}
    words = words._replace(headers=headers)
    raw = metadata.get("raw")
    if not isinstance(raw, str) or not raw:
        return words
    try:
        upstream = from_value(decode(raw))
    except ValueError:
        upstream = ErrorWords(raw)
    return words._replace(message=upstream.message or words.message, code=upstream.code or words.code)


def _message(body: Mapping[str, Any]) -> str:
    for name in ("message", "detail", "msg", "error_message", "error_msg", "reason", "title"):
        found = body.get(name)
        text = found if isinstance(found, str) else _nested_message(found)
        if text:
            return text
    return ""


def _nested_message(found: Any) -> str:
    """FastAPI's ``[{"loc": […], "msg": "…"}]``, or an object that holds one (Mistral)."""
    if isinstance(found, dict):
        return _message(found) or string(found.get("error"))
    lines = []
    for item in found[:20] if isinstance(found, list) else ():
        place = ".".join(str(step) for step in item["loc"]) if isinstance(mapping(item).get("loc"), list) else ""
        text = item if isinstance(item, str) else _message(mapping(item))
        lines.append(f"{place}: {text}" if place and text else text)
    return "; ".join(filter(None, lines))


def _word(body: Mapping[str, Any], name: str) -> str:
    found = body.get(name)
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def _status(body: Mapping[str, Any]) -> int:
    for name in ("status_code", "raw_status_code", "http_code", "status", "code"):
        word = _word(body, name)
        if word.isascii() and word.isdigit() and len(word) == 3 and 400 <= int(word) < 600:
            return int(word)
    return 0
