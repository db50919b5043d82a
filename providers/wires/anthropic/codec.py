"""JSON in and out, and the checks that turn a malformed field of an app's body into ``RequestRejected``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from providers.errors import RequestRejected

NAME = "anthropic"


def encode(value: Any) -> bytes:
    """Compact JSON. Lone surrogates and integers past 64 bits are legal in JSON but not in msgspec: they take
    the slow way. Raises ``RequestRejected`` for what is nested too deep."""
    try:
        return msgspec.json.encode(value)
    except (UnicodeEncodeError, OverflowError, TypeError):
        return json.dumps(value, separators=(",", ":"), default=dict).encode()
    except RecursionError:
        raise RequestRejected("the request is nested too deep") from None


def decode(data: bytes | str) -> Any:
    """Raises ``ValueError`` for what is not JSON. Lone surrogates, which msgspec refuses, are kept."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        try:
            return json.loads(data)
        except RecursionError:
            raise ValueError("nested too deep") from None


def refuse(path: str, wanted: str) -> RequestRejected:
    return RequestRejected(f"{path}: {wanted}", param=path)


def mapping(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise refuse(path, "must be an object")
    return value


def sequence(value: Any, path: str) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise refuse(path, "must be an array")
    return value


def string(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise refuse(path, "must be a string")
    return value


def optional_string(value: Any, path: str) -> str | None:
    return None if value is None else string(value, path)


def optional_int(value: Any, path: str, *, least: int = 0) -> int | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise refuse(path, f"must be an integer of at least {least}")
    return value


def optional_number(value: Any, path: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse(path, "must be a number")
    return value


def optional_bool(value: Any, path: str) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise refuse(path, "must be true or false")
    return value


def without(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """What ``value`` holds beside ``names``, to ride along as ``extra``."""
    return {key: item for key, item in value.items() if key not in names}
