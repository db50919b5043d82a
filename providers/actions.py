"""What people do with providers outside the admin's forms: configure, test, rotate tokens; for the API and the CLI.

Each raises ``ActionRefused`` with a reason for people, and never names a secret."""

from __future__ import annotations

from difflib import get_close_matches

from providers.actions_config import configure
from providers.actions_probe import TestOutcome, test
from providers.actions_refused import ActionRefused
from providers.actions_tokens import add_token, rotate_token
from providers.models import Provider
from providers.vendors import all_vendors

__all__ = ["ActionRefused", "TestOutcome", "add_token", "configure", "find_provider", "rotate_token", "test"]

NEAR = 3  # names that are offered where one is not known


def find_provider(name: str) -> Provider:
    """Matched without regard to case, ``_`` and ``-``; a vendor's other API name (``githubcopilot``) too. Refused with
    the code ``not_found``, naming those that are near, and ``ambiguous`` where several match."""
    named = dict(Provider.objects.values_list("name", "vendor"))
    found = _matches(name, named)
    if not found:
        near = get_close_matches(_folded(name), {_folded(one): one for one in named}, n=NEAR, cutoff=0.6)
        names = sorted(one for one in named if _folded(one) in near)
        hint = f" Did you mean {', '.join(names)}?" if names else ""
        raise ActionRefused(f"There is no provider {_shown(name)}.{hint}", code="not_found", param="name")
    if len(found) > 1:
        raise ActionRefused(
            f"{_shown(name)} may be {' or '.join(found)}: write it whole.", code="ambiguous", param="name"
        )
    provider = Provider.objects.defer("proxy", "secret_settings").filter(name=found[0]).first()
    if provider is None:
        raise ActionRefused(f"There is no provider {_shown(name)} any more.", code="not_found", param="name")
    return provider


def _matches(name: str, named: dict[str, str]) -> list[str]:
    """Names it may stand for; the closest way of matching that finds any counts."""
    if name in named:
        return [name]
    asked = _folded(name)
    if same := sorted(one for one in named if _folded(one) == asked):
        return same
    slugs = {slug for slug, vendor in all_vendors().items() if asked in map(_folded, vendor.aliases)}
    own = [slug for slug in slugs if slug in named]
    return own or sorted(one for one, slug in named.items() if slug in slugs)


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")


def _shown(name: str) -> str:
    """A name as it was typed, fit for a message."""
    return "“" + "".join(sign if sign.isprintable() else "\ufffd" for sign in name[:60]) + "”"
