"""What was asked and answered, for teams that store it: secrets taken out, then encrypted."""

from __future__ import annotations

import re

import msgspec

from providers.crypto import encrypt

MOST_BYTES = 256 * 1024  # of the request and of the answer each
LONGEST_SECRET = 8 * 1024  # beyond the cut: half a secret would not be known for one

SECRETS = re.compile(
    rb"(?i)\b(?:sk-[\w-]{16,}|gsk_\w{16,}|xai-\w{16,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}"
    rb"|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|xox[abprs]-[\w-]{10,}|hf_\w{20,}|r8_\w{20,}"
    rb"|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}|bearer\s+[\w.~+/-]{16,}=*)"
    rb"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
    re.DOTALL,
)


def redacted(data: bytes) -> bytes:
    """``data`` with everything that looks like a credential replaced."""
    return SECRETS.sub(b"[secret]", data)


class Content:
    """Collects one exchange's bytes, up to a limit, until it is sealed."""

    __slots__ = ("_answer", "_request", "_size")

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._answer: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        if self._size < MOST_BYTES:
            self._answer.append(piece)
            self._size += len(piece)

    def sealed(self) -> bytes:
        answer = b"".join(self._answer)
        plain = {
            "request": _text(self._request),
            "answer": _text(answer),
            "cut": len(self._request) > MOST_BYTES or len(answer) > MOST_BYTES,
        }
        return encrypt(msgspec.json.encode(plain))


def _text(data: bytes) -> str:
    return redacted(data[: MOST_BYTES + LONGEST_SECRET])[:MOST_BYTES].decode("utf-8", "replace")
