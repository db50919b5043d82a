"""Switchboard with one policy on at a time: what a limit, a hard budget and the redaction of personal data each cost.

Each is set so wide that nothing is refused, and holds for every call; the rows beside Switchboard's own tell its cost.
"""

from __future__ import annotations

import subprocess
import sys
import time

from tests.benchmarks.processes import NotStarted, Server
from tests.benchmarks.switchboard import Switchboard
from tests.benchmarks.systems import ROOT, Place

TAKEN_OVER = 1.5  # seconds: a change is seen within one


class WithPolicy(Switchboard):
    """``rows``: Python that makes the policy's rows, run as an admin's script would."""

    holds_many = False
    rows = ""

    def start(self, place: Place) -> Server:
        server = super().start(place)
        made = subprocess.run(
            [sys.executable, "manage.py", "shell", "-c", self.rows],
            cwd=ROOT,
            env=server.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise NotStarted(f"{self.name}: its rows could not be made: {made.stderr[-500:]}")
        time.sleep(TAKEN_OVER)
        return server


class Limits(WithPolicy):
    """Three rules for each call: everyone, the key, the provider; requests, usage and calls at once in each."""

    name = "Limits"
    rows = """
from gateway.models import ApiKey, Limit
from providers.models import Provider
wide = dict(requests_per_minute=10**9, usage_per_minute=10**12, parallel=10**6)
Limit.objects.create(subject="everyone", **wide)
Limit.objects.create(subject="key", api_key=ApiKey.objects.get(), **wide)
Limit.objects.create(subject="provider", provider=Provider.objects.get(name="openai_compatible"), **wide)
"""


class Budgets(WithPolicy):
    """A hard budget of the key, in money, at a price that an admin set."""

    name = "Budget"
    rows = """
from gateway.models import ApiKey, Budget, SpendingSettings
SpendingSettings(assumed_input_price=1, assumed_output_price=2).save()
Budget.objects.create(name="bench", subject="key", api_key=ApiKey.objects.get(), amount=10**18, period="total")
"""


class Redaction(WithPolicy):
    """Personal data and secrets redacted in requests and restored in replies, streams too."""

    name = "Redaction"
    rows = """
from gateway.models import Guardrail
Guardrail.objects.create(name="personal data", kind="pii", action="restore", on_requests=True)
"""


POLICIES = (Limits, Budgets, Redaction)
