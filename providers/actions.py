"""What people do with providers outside the admin's forms: configure, test, rotate tokens; for the API and the CLI.

Each raises ``ActionRefused`` with a reason for people, and never names a secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from providers.models import Provider, Token


class ActionRefused(Exception):
    """``code`` for machines, ``message`` for people, ``param`` the field it is about, "" where it is of none."""

    def __init__(self, message: str, *, code: str = "invalid", param: str = "") -> None:
        super().__init__(message)
        self.message, self.code, self.param = message, code, param


class TestOutcome(NamedTuple):
    """One token's test; ``token`` is its fingerprint, "" for an anonymous one."""

    token: str
    ok: bool | None
    status: int
    message: str
    latency_ms: int


def find_provider(name: str) -> Provider:
    """Matched without regard to case, ``_`` and ``-``; a vendor's other API name (``githubcopilot``) too. Refused with
    the code ``not_found``, naming those that are near."""
    raise NotImplementedError


def configure(provider: Provider, changes: Mapping[str, Any], environ: Mapping[str, str]) -> list[str]:
    """Takes over some fields and returns the names of those that changed. What the environment sets is refused
    (``set_by_environment``, naming the variable), and so is what the admin's form would refuse (``invalid``)."""
    raise NotImplementedError


def test(provider: Provider) -> list[TestOutcome]:
    """Tests all of its tokens in use, now, free of cost, and writes down what came out. Takes up to half a minute."""
    raise NotImplementedError


def rotate_token(provider: Provider, *, by: str, fingerprint: str = "", seconds: float | None = None) -> Token:
    """Lets the named token, or the one that was used last, rest for ``seconds`` (the usual cooldown), so that the others
    of the pool take over. Refused where it is the only one that could answer (``no_other_token``)."""
    raise NotImplementedError


def add_token(provider: Provider, secret: str, *, name: str = "") -> Token:
    raise NotImplementedError
