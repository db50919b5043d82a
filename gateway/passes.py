"""Passes: what lets a signed-in person call as one of their team's API keys, without ever having the key's secret.

A pass is signed, names its key and the person, and ends after some minutes. Its key's limits, budgets, guardrails and
allowed models hold for it, and a key that is disabled or has expired takes its passes with it.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
from django.core import signing

PREFIX = "sk-sb-pass-"
SECONDS = 600  # a page asks for another one before
_SALT = "switchboard.pass"


class Pass(NamedTuple):
    key_id: int
    user: str


class NoPass(Exception):
    """Forged, made with another ``SECRET_KEY``, or over; the message says which."""


def issue(key_id: int, user: str) -> str:
    return PREFIX + signing.dumps([key_id, user], salt=_SALT)


def read(secret: str, *, seconds: int = SECONDS) -> Pass:
    """Raises ``NoPass``."""
    try:
        return msgspec.convert(signing.loads(secret.removeprefix(PREFIX), salt=_SALT, max_age=seconds), Pass)
    except signing.SignatureExpired:
        raise NoPass("This pass is over; load the page again.") from None
    except (signing.BadSignature, msgspec.ValidationError, ValueError):
        raise NoPass("This pass was not made by this Switchboard.") from None
