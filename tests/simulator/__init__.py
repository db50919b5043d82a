"""A simulator of routing: random providers, the gateway's own scores, strategies, measures and breakers, and a clock
that is only a number. ``python -m tests.simulator`` writes its table into ``docs/routing.md``; ``python -m
tests.simulator.planning`` tells what a choice costs."""

import os

import django
from django.apps import apps

if not apps.ready:  # outside pytest: what is known of models comes with Django's models
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
