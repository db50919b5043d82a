"""Which API keys a signed-in person may call as, on the playground."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils import timezone

from gateway.models import ApiKey, Scope, Team
from monitoring.access import Viewer

MOST = 200


def usable_keys(viewer: Viewer) -> QuerySet[ApiKey]:
    """Keys of the person's teams; for who may change API keys in the admin, all. Only those that may call now. Staff
    without that permission have the keys of the teams that they are members of."""
    keys = ApiKey.objects.filter(enabled=True).select_related("team").order_by("name")
    keys = keys.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()))
    if not viewer.may("gateway.change_apikey"):
        teams = Team.objects.filter(members=viewer.user.pk if viewer.user else None)
        keys = keys.filter(team__in=teams)
    return keys


def may_call(key: ApiKey) -> bool:
    return Scope.INFERENCE.value in (key.scopes or [])
