#!/usr/bin/env python
"""Django's command line for Switchboard."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a setting: the message names its variable, a traceback would bury it
        sys.exit(f"Switchboard cannot start: {error}")


if __name__ == "__main__":
    main()
