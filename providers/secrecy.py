"""Takes a provider's own secrets out of a vendor's words: some vendors repeat what they were sent."""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

import msgspec

from providers.catalogue import CompiledProvider, CompiledToken
from providers.errors import SwitchboardError, UpstreamError

PUBLIC = frozenset(  # headers that vendors' words may hold
    {"accept", "accept-encoding", "content-type", "user-agent", "anthropic-version", "x-switchboard-hop"}
)
IN_JSON = frozenset({"private_key", "refresh_token", "client_secret", "clientSecret", "password"})
SHORTEST_PART = 8
SHORTEST = 4  # characters; a shorter value would be taken out of ordinary words
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)  # an application's id: public


def secrets_of(provider: CompiledProvider, token: CompiledToken) -> list[str]:
    """What must not be told of a call: its credential with and without the scheme, secret headers, and the password
    of the proxy's address. The longest first."""
    fixed = set(provider.vendor.headers.values())  # the same for everybody
    own = [(name, value) for name, value in provider.headers if value not in fixed]
    sent = [value for name, value in (*token.auth, *own) if name.lower() not in PUBLIC]
    found = {part for value in sent for part in (value, value.partition(" ")[2])}
    if token.credential is not None:
        found |= {token.credential.secret, *token.credential.told, *parts_of(token.credential.secret)}
    if provider.proxy:
        password = urlsplit(provider.proxy).password or ""
        found |= {provider.proxy, password, unquote(password)}
    found |= {written for one in found if len(one) >= SHORTEST_PART for written in spellings(one)}
    return sorted((one for one in found if len(one) >= SHORTEST), key=len, reverse=True)


def spellings(secret: str) -> Iterator[str]:
    """As addresses, JSON within JSON and base64 hold it."""
    yield from (quote(secret), quote(secret, safe=""), quote_plus(secret), secret.replace("/", "\\/"))
    for encode in (b64encode, urlsafe_b64encode):
        yield encode(secret.encode()).decode().rstrip("=")


def parts_of(secret: str) -> Iterator[str]:
    """What is secret in one that has parts: a key pair, an application's, a service account's JSON."""
    for part in _json_parts(secret) if secret.lstrip().startswith("{") else secret.split(":")[1:]:
        if len(part) >= SHORTEST_PART and not _UUID.fullmatch(part):
            yield part
            yield quote_plus(part)  # as forms hold it


def _json_parts(secret: str) -> Iterator[str]:
    try:
        told: Any = msgspec.json.decode(secret)
    except (msgspec.DecodeError, RecursionError):
        return
    for name, value in told.items() if isinstance(told, dict) else ():
        if isinstance(value, str) and name in IN_JSON:
            yield value
            yield from value.splitlines()  # a private key's, of which one tells enough


def without(text: str, secrets: Iterable[str]) -> str:
    """``text`` with each of ``secrets`` replaced."""
    for secret in secrets:
        text = _without_beginning(text.replace(secret, "***"), secret)
    return text


def _without_beginning(text: str, secret: str) -> str:
    """Long words are cut before they are cleared: the beginning of ``secret`` at the end of ``text`` goes too."""
    for size in range(min(len(secret) - 1, len(text)), SHORTEST_PART - 1, -1):
        if text.endswith(secret[:size]):
            return text[:-size] + "***"
    return text


def clear(error: SwitchboardError, secrets: Iterable[str]) -> None:
    """Takes ``secrets`` out of all the words of ``error``, in place."""
    found = tuple(secrets)
    error.message = without(error.message, found)
    error.args = (error.message,)
    error.code = without(error.code, found)
    if error.param:
        error.param = without(error.param, found)
    if isinstance(error, UpstreamError):
        error.vendor_code = error.vendor_code and without(error.vendor_code, found)
        error.vendor_type = error.vendor_type and without(error.vendor_type, found)
