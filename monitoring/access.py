"""Who may see and change what in monitoring: one rule for every page, endpoint, socket and export.

Staff see everything; so does a key with the admin scope, and a monitoring key that belongs to no team. A member sees
the requests of their teams, a key with the monitoring scope those of its team. What belongs to no team (tokens, event
logs of the infrastructure, other teams' spend) is for those who see everything. Changing things takes Django's
permission of the row concerned, or the admin scope.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Model, QuerySet

from gateway.models import ApiKey, Scope, Team

Row = TypeVar("Row", bound=Model)
WATCHING = frozenset({Scope.MONITORING.value, Scope.ADMIN.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """``teams``: ids of the teams whose requests these are, ``None`` for all, with or without a team; empty: nothing to
    see. ``user`` or ``key`` is who it is. ``name`` goes into histories and logs."""

    teams: frozenset[int] | None
    name: str
    user: Any = None
    key: ApiKey | None = None

    @property
    def everything(self) -> bool:
        return self.teams is None

    @property
    def nothing(self) -> bool:
        return self.teams is not None and not self.teams

    def sees(self, team_id: int | None) -> bool:
        return self.teams is None or (bool(team_id) and team_id in self.teams)

    def may(self, permission: str) -> bool:
        """Django's permission, as "providers.change_provider", which is for staff: a member's would be for all teams.
        A key with the admin scope may everything but read what was said: prompts and answers are for people."""
        if self.key is not None:
            return Scope.ADMIN.value in self.key.scopes and permission != "monitoring.view_requestcontent"
        return bool(self.user is not None and self.everything and self.user.has_perm(permission))

    def of_teams(self, rows: QuerySet[Row], field: str = "team_id") -> QuerySet[Row]:
        """The rows this viewer may see; those without a team only for who sees everything."""
        return rows if self.teams is None else rows.filter(**{f"{field}__in": self.teams})

    def teams_shown(self, rows: Iterable[Team] | None = None) -> list[Team]:
        """The teams to choose from, by name."""
        known = Team.objects.order_by("name") if rows is None else rows
        return [team for team in known if self.sees(team.pk)]


NOBODY = Viewer(teams=frozenset(), name="")


def viewer_of_user(user: AbstractBaseUser | AnonymousUser) -> Viewer:
    """Reads the database. Whoever is not signed in, or no longer active, sees nothing."""
    if not user.is_authenticated or not user.is_active:
        return NOBODY
    if getattr(user, "is_staff", False):
        return Viewer(teams=None, name=user.get_username(), user=user)
    teams = Team.objects.filter(members=user.pk).values_list("pk", flat=True)
    return Viewer(teams=frozenset(teams), name=user.get_username(), user=user)


def viewer_of_key(key: ApiKey) -> Viewer:
    """A key without one of ``WATCHING`` sees nothing."""
    if WATCHING.isdisjoint(key.scopes):
        return Viewer(teams=frozenset(), name=key.name, key=key)
    everywhere = Scope.ADMIN.value in key.scopes or key.team_id is None
    return Viewer(teams=None if everywhere else frozenset({key.team_id or 0}), name=key.name, key=key)
