"""Reading JSON that another version may have written: what is of another kind counts as missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def text(given: Mapping[str, Any], name: str) -> str:
    found = given.get(name)
    return found if isinstance(found, str) else ""


def number(given: Mapping[str, Any], name: str) -> float | None:
    found = given.get(name)
    return None if isinstance(found, bool) or not isinstance(found, int | float) else float(found)


def named(given: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = given.get(name)
    return found if isinstance(found, dict) else {}


def listed(given: Mapping[str, Any], name: str) -> list[str]:
    found = given.get(name)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def entries(given: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = given.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
