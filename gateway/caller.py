"""Who calls: the API key and its team, as the snapshot had them when the call began."""

from __future__ import annotations

from gateway.snapshot import KeyFacts, TeamFacts


class Caller:
    """Who calls. DRF keeps it as ``request.user``."""

    __slots__ = ("key", "team")
    is_authenticated = True

    def __init__(self, key: KeyFacts, team: TeamFacts) -> None:
        self.key = key
        self.team = team
