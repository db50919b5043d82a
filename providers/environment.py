"""Where this room reads the environment from: the composition root names the source in its settings."""

from __future__ import annotations

import os
from collections.abc import Mapping

from django.conf import settings
from django.utils.module_loading import import_string


def environ() -> Mapping[str, str]:
    """The environment in force. ``PROVIDER_ENVIRON`` is the dotted name of a function that returns it; without
    that setting it is the process's own."""
    source = getattr(settings, "PROVIDER_ENVIRON", "")
    if not source:
        return os.environ
    found: Mapping[str, str] = import_string(source)()
    return found
