"""The signature of webhooks: over the time and the body, so that a body can neither be forged nor sent again later."""

from __future__ import annotations

import hashlib
import hmac

HEADER = "x-switchboard-signature"
TOLERANCE = 300  # seconds that a receiver's clock may differ


def signature(secret: str, body: bytes, *, at: int) -> str:
    """The header's value: ``t=…,v1=…``. ``at``: seconds since the epoch."""
    return f"t={at},v1={_digest(secret, body, at)}"


def verify(secret: str, body: bytes, header: str, *, now: float, tolerance: int = TOLERANCE) -> bool:
    """Whether ``header`` was made of this body with this secret, lately. What receivers do; see docs/alerts.md."""
    fields = [part.strip().partition("=")[::2] for part in header.split(",")]
    at = next((value for name, value in fields if name == "t"), "")
    given = [value for name, value in fields if name == "v1"]
    if not (at.isascii() and at.isdigit() and len(at) <= 15) or abs(now - int(at)) > tolerance:
        return False
    expected = _digest(secret, body, int(at))
    return any(hmac.compare_digest(expected.encode(), one.encode()) for one in given)


def _digest(secret: str, body: bytes, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
