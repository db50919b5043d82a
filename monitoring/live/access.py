"""Who may watch what: the groups of the channel layer that ``monitoring.access`` lets a user into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from channels.auth import get_user
from channels.db import database_sync_to_async
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet

from monitoring.access import Viewer, viewer_of_user
from monitoring.models import RequestLog

EVERYONE = 0  # in place of a team's id: the requests of all, with or without a team


def group_name(audience: int) -> str:
    """The channel layer's group for ``EVERYONE`` or a team's id."""
    return f"logs.team.{audience}" if audience else "logs.all"


@dataclass(frozen=True)
class Access:
    """``audiences`` holds ``EVERYONE``, or ids of teams; empty: signed in, but nothing to see."""

    signed_in: bool
    audiences: frozenset[int] = frozenset()

    @property
    def viewer(self) -> Viewer:
        return Viewer(teams=None if EVERYONE in self.audiences else self.audiences, name="")

    def visible(self) -> QuerySet[RequestLog]:
        """The log rows this viewer may see."""
        return self.viewer.of_teams(RequestLog.objects.all())


def access_of(user: AbstractBaseUser | AnonymousUser) -> Access:
    """Reads the database."""
    teams = viewer_of_user(user).teams
    return Access(signed_in=user.is_authenticated, audiences=frozenset({EVERYONE}) if teams is None else teams)


async def current_access(scope: dict[str, Any]) -> Access:
    """Asks the database again on every call: a logout, a changed password and a lost membership show at once."""
    session: SessionBase = scope["session"]
    if not session.session_key:
        return Access(signed_in=False)
    fresh = session.__class__(session.session_key)  # the scope's own has cached what it read when it connected
    access: Access = await database_sync_to_async(access_of)(await get_user({"session": fresh}))
    return access
