"""The ``switchboard`` command: what ``manage.py`` does, under the product's name and from any directory."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(list(argv) if argv is not None else ["switchboard", *sys.argv[1:]])
    except ImproperlyConfigured as error:  # a setting: the message names its variable, a traceback would bury it
        sys.exit(f"Switchboard cannot start: {error}")
