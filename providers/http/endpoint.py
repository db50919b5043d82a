"""What sending needs to know of a provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

from providers.http.watch import Timeouts
from providers.vendors import Headers, LocalAnswer


class Endpoint(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def base_url(self) -> str: ...
    @property
    def headers(self) -> tuple[tuple[str, str], ...]: ...
    @property
    def timeouts(self) -> Timeouts: ...
    @property
    def proxy(self) -> str: ...
    @property
    def answers(self) -> LocalAnswer | None: ...
    @property
    def own_address(self) -> bool:
        """Whether ``base_url`` is the vendor's, so that a grant may name another."""
        ...


def whole_address(provider: Endpoint, path: str) -> str:
    """Where ``path`` is. A path with a host of its own (a vendor's control plane) goes to the provider's host where
    that is not the vendor's: a key for somebody else's server is none of the vendor's business."""
    if not path.startswith(("https://", "http://")):
        return provider.base_url + path
    if provider.own_address:
        return path
    there, here = urlsplit(path), urlsplit(provider.base_url)
    return urlunsplit((here.scheme, here.netloc, there.path, there.query, ""))


@dataclass(frozen=True, slots=True)
class Bare:
    """An address beside the provider's own (a token service): its limits and proxy, none of its headers."""

    name: str
    timeouts: Timeouts
    proxy: str
    base_url: str = ""
    headers: Headers = (("accept", "application/json"), ("accept-encoding", "identity"), ("user-agent", "Switchboard"))
    answers: LocalAnswer | None = None
    own_address: bool = True
