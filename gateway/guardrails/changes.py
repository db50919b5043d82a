"""What changes a guardrail without saving it: the teams, keys and routes it is for."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.signals import m2m_changed, pre_delete

from gateway.models import ApiKey, Guardrail, Route, Team
from providers.models import ConfigVersion

NAMED = ("teams", "api_keys", "routes")
DONE = ("post_add", "post_remove", "post_clear")


def connect() -> None:
    """Call once, when the app registry is ready."""
    for name in NAMED:
        through = getattr(Guardrail, name).through
        m2m_changed.connect(_named_others, sender=through, dispatch_uid=f"guardrail {name}")
    for model in (Team, ApiKey, Route):
        pre_delete.connect(_goes, sender=model, dispatch_uid=f"guardrail without {model.__name__}")


def _named_others(*, action: str, using: str = "default", **_: Any) -> None:
    if action in DONE:
        ConfigVersion.bump(Guardrail._meta.label, None, using=using)


def _goes(*, instance: Any, using: str = "default", **_: Any) -> None:
    """One that was for this row alone is switched off: without it, it would be for every call."""
    with transaction.atomic(using=using):
        for guardrail in list(instance.guardrails.using(using).all()):
            others = sum(getattr(guardrail, name).count() for name in NAMED) - 1
            if others == 0 and guardrail.enabled:
                guardrail.enabled = False
                guardrail.save(update_fields=["enabled", "updated_at"])
            else:
                ConfigVersion.bump(Guardrail._meta.label, [guardrail.pk], using=using)
