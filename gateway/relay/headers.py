"""What an answer's headers tell of where it came from."""

from __future__ import annotations

from urllib.parse import quote

from gateway.answer import Headers
from gateway.exchange import Exchange

PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


def attempt_headers(exchange: Exchange) -> Headers:
    return (
        (b"x-switchboard-provider", exchange.provider.encode()),
        (b"x-switchboard-model", _header_value(exchange.model)),
        (b"x-switchboard-attempts", b"%d" % len(exchange.attempts)),
    )


def _header_value(text: str) -> bytes:
    """A model id as a header value: what HTTP does not allow there is percent-encoded, as UTF-8."""
    if text.isascii() and text.isprintable():
        return text.encode()
    return quote(text, safe=PRINTABLE, errors="replace").encode()
