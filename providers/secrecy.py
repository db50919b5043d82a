"""Takes a provider's own secrets out of a vendor's words: some vendors repeat what they were sent."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from providers.catalogue import CompiledProvider, CompiledToken
from providers.errors import SwitchboardError, UpstreamError

PUBLIC = frozenset(  # headers that vendors' words may hold
    {"accept", "accept-encoding", "content-type", "user-agent", "anthropic-version", "x-switchboard-hop"}
)
SHORTEST = 4  # characters; a shorter value would be taken out of ordinary words


def secrets_of(provider: CompiledProvider, token: CompiledToken) -> list[str]:
    """What must not be told of a call: its credential with and without the scheme, secret headers, and the password
    of the proxy's address. The longest first."""
    sent = [value for name, value in (*token.auth, *provider.headers) if name.lower() not in PUBLIC]
    found = {part for value in sent for part in (value, value.partition(" ")[2])}
    if provider.proxy:
        password = urlsplit(provider.proxy).password or ""
        found |= {provider.proxy, password, unquote(password)}
    return sorted((one for one in found if len(one) >= SHORTEST), key=len, reverse=True)


def without(text: str, secrets: Iterable[str]) -> str:
    """``text`` with each of ``secrets`` replaced."""
    for secret in secrets:
        text = text.replace(secret, "***")
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
