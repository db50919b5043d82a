"""What happens to tokens and pools, told in process to whoever listens. Nobody here knows who listens; the same things
stand in the table of ``ProviderEvent``.

A listener is called once for each thing, in the process that wrote it down, after the commit and in the thread that
wrote: never on an event loop.
"""

from __future__ import annotations

from dataclasses import dataclass

from providers.topic import Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One change. ``kind`` is ``ProviderEvent.Kind``. ``provider`` is its name, ``token`` a fingerprint, "" where it is
    not of one token. ``before`` and ``after`` are a token's health, or "enough" and "low" of a pool; ``at`` is in
    seconds since the epoch."""

    kind: str
    provider: str
    token: str = ""
    model: str = ""
    before: str = ""
    after: str = ""
    reason: str = ""
    at: float = 0


happened: Topic[Happening] = Topic("happened")
