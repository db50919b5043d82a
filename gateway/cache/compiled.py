"""What the cache may do for a call, as the admin set it and as the call's headers ask. No database here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from gateway.cache.asking import CACHE_CONTROL, TTL, Asking, read_asking

OFF, ASKED, ON = "off", "asked", "on"


class Said(Protocol):
    """What an API key says of the cache. ``cache``: a mode, "" for as everywhere."""

    @property
    def cache(self) -> str: ...
    @property
    def cache_seconds(self) -> int | None: ...


class SaidMore(Said, Protocol):
    """What a route says."""

    @property
    def cache_shared(self) -> bool | None: ...
    @property
    def cache_similar(self) -> bool: ...


class Policy(NamedTuple):
    """For one call. ``look``: an answer may come from the cache. ``keep``: its answer may be kept, for ``seconds``.
    ``shared``: between teams. ``join``: with identical calls in flight. ``similar``: also an answer to a similar
    request. ``max_age``: seconds an answer may be old. ``only``: from the cache or not at all."""

    look: bool = False
    keep: bool = False
    seconds: int = 0
    shared: bool = False
    join: bool = False
    similar: bool = False
    max_age: int | None = None
    only: bool = False

    @property
    def idle(self) -> bool:
        return not (self.look or self.keep or self.only)


NO_POLICY = Policy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Caching:
    """The settings. ``elsewhere``: whether a route or an API key turns on what ``mode`` has off."""

    mode: str = ASKED
    seconds: int = 3600
    shared: bool = False
    join: bool = False
    memory_bytes: int = 64 * 2**20
    disk_bytes: int = 0
    use_redis: bool = True
    similar_model: str = ""
    similar_threshold: float = 0.95
    elsewhere: bool = False

    @property
    def empty(self) -> bool:
        """Whether no call can be answered from the cache."""
        return self.mode == OFF and not self.elsewhere

    def policy(self, key: Said, route: SaidMore | None, headers: Mapping[str, str]) -> Policy:
        """``headers`` as Django names them. Of key, route and settings the first that says something counts, but an
        *off* of the key or the route wins. Raises ``BadRequest`` naming a malformed header."""
        asks = TTL in headers or CACHE_CONTROL in headers
        mode = self._mode(key, route)
        if not asks and mode != ON:
            return NO_POLICY
        asking = read_asking(headers)
        if mode == OFF or (mode == ASKED and not asking.wants) or asking.refuses:
            return Policy(only=True) if asking.only else NO_POLICY
        if mode == ASKED and asking.seconds is None:
            asking = asking._replace(seconds=asking.max_age)  # all it said of how long an answer is good for
        return self._asked(key, route, asking)

    def _mode(self, key: Said, route: SaidMore | None) -> str:
        if route is None:
            return key.cache or self.mode
        if key.cache == OFF or route.cache == OFF:
            return OFF
        return key.cache or route.cache or self.mode

    def _asked(self, key: Said, route: SaidMore | None, asking: Asking) -> Policy:
        seconds = key.cache_seconds or (route.cache_seconds if route is not None else None) or self.seconds
        if asking.seconds is not None:
            seconds = min(seconds, asking.seconds)
        shared = self.shared if route is None or route.cache_shared is None else route.cache_shared
        look = not asking.no_look
        return Policy(
            look=look,
            keep=True,
            seconds=seconds,
            shared=shared,
            join=self.join and look,
            similar=look and bool(self.similar_model) and route is not None and route.cache_similar,
            max_age=asking.max_age,
            only=asking.only,
        )


NO_CACHING = Caching(mode=OFF)
