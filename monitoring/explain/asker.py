"""Who asks for an explanation, and what they may build it on."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, PermissionsMixin

from gateway.models import ApiKey, Scope

PERMISSION = "gateway.view_route"
KEY_SCOPES = frozenset({Scope.MONITORING.value, Scope.ADMIN.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """``sees_logs``: requests of the log; ``sees_content``: what they said; ``names_keys``: may ask as any API key.
    ``team``: the one whose requests and keys these are; 0 for all."""

    sees_logs: bool
    sees_content: bool
    names_keys: bool
    team: int = 0


def key_asker(key: ApiKey) -> Asker:
    """A key reads its team's log; prompts are for people with the permission to. One without a team watches all, and so
    does one that may administer."""
    everywhere = Scope.ADMIN.value in key.scopes or key.team_id is None
    return Asker(sees_logs=True, sees_content=False, names_keys=True, team=0 if everywhere else key.team_id or 0)


def asker_of(user: AbstractBaseUser | AnonymousUser) -> Asker:
    """Permissions are for staff: what they open is of all teams."""
    may = user.has_perm if isinstance(user, PermissionsMixin) and getattr(user, "is_staff", False) else lambda _: False
    return Asker(
        sees_logs=may("monitoring.view_requestlog"),
        sees_content=may("monitoring.view_requestlog") and may("monitoring.view_requestcontent"),
        names_keys=may("gateway.view_apikey"),
    )
