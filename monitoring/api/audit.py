"""What people change through the API, in the history that the admin shows. Keys have no user to put there: what they
change stands in the provider's own history, with the key's name."""

from __future__ import annotations

import logging

from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model

from monitoring.access import Viewer

log = logging.getLogger("switchboard.changes")


def changed(viewer: Viewer, row: Model, message: str) -> None:
    """``message`` names no secret."""
    log.info("%s %r by %s: %s", row._meta.model_name, str(row), who(viewer), message)
    if viewer.user is not None:
        LogEntry.objects.log_actions(viewer.user.pk, [row], CHANGE, message, single_object=True)


def who(viewer: Viewer) -> str:
    """The name of the user, or of the key with that said."""
    return f"API key {viewer.name}" if viewer.key is not None else viewer.name
