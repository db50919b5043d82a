"""Where the reply of a prediction is: at its stream, or at its own address once it is finished.

The credential goes along, so an address that the vendor names is only asked where it is the provider's own, or
Replicate's over https. A provider at an address of somebody else's (a proxy) is asked there, below its base URL.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from providers.canonical import HttpParts, Target
from providers.errors import VendorGarbled
from providers.vendors.base import Answered
from providers.wires.base import Follow
from providers.wires.openai.codec import decode, mapping, string
from providers.wires.replicate.prediction import WAITING

FIRST_PAUSE, GROWTH, LONGEST_PAUSE = 0.25, 1.5, 2.0  # seconds between two polls
STREAM_HEADERS = (("accept", "text/event-stream"), ("cache-control", "no-store"))

_REPLICATE = re.compile(r"https://(?:[a-z0-9-]+\.)*replicate\.com(?::443)?/[!-\[\]-~]*", re.IGNORECASE)
_PATH = re.compile(r"[!-\[\]-~]*")  # printable, without a backslash, which clients read in different ways


def follow(answer: Answered, target: Target, *, base_url: str, stream: bool, turn: int) -> Follow | None:
    """What to ask next; ``None`` for a prediction that has ended, or for what is none."""
    told = _prediction(answer)
    if string(told.get("status")) not in WAITING:
        return None
    if stream and (address := _reachable(_named(told, "stream"), base_url, target)):
        return Follow(_get(address, STREAM_HEADERS), streams=True)
    address = _reachable(_named(told, "get"), base_url, target) or _below(told)
    if not address:
        raise VendorGarbled(f"{target.vendor.name} sent a prediction that cannot be asked for", vendor_status=200)
    return Follow(_get(address), pause=min(FIRST_PAUSE * GROWTH ** min(turn, 20), LONGEST_PAUSE))


def abandon(answer: Answered, target: Target, *, base_url: str) -> HttpParts | None:
    told = _prediction(answer)
    try:
        address = _reachable(_named(told, "cancel"), base_url, target) or _below(told, "/cancel")
    except VendorGarbled:
        address = _below(told, "/cancel")
    return HttpParts(path=address, content=b"") if address and string(told.get("status")) in WAITING else None


def _prediction(answer: Answered) -> Mapping[str, Any]:
    try:
        return mapping(decode(answer.body))
    except ValueError:
        return {}


def _named(told: Mapping[str, Any], name: str) -> str:
    return string(mapping(told.get("urls")).get(name))


def _below(told: Mapping[str, Any], more: str = "") -> str:
    """The address a prediction always has, below the base URL."""
    prediction = string(told.get("id"))
    return "" if prediction in ("", ".", "..") else f"/predictions/{quote(prediction, safe='')}{more}"


def _reachable(address: str, base_url: str, target: Target) -> str:
    """``address`` if it can be asked, "" if it is Replicate's and the provider is not. Raises ``VendorGarbled`` for one
    that must not get the credential."""
    if not address:
        return ""
    own = urlsplit(base_url)
    origin = f"{own.scheme}://{own.netloc}/"
    if own.netloc and address.startswith(origin) and _PATH.fullmatch(address, len(origin)):
        return address
    if _REPLICATE.fullmatch(address) is None:
        raise VendorGarbled(
            f"{target.vendor.name} named an address that must not get the credential", vendor_status=200
        )
    return address if base_url == target.vendor.base_url else ""


def _get(path: str, headers: tuple[tuple[str, str], ...] = ()) -> HttpParts:
    return HttpParts(path=path, content=b"", method="GET", headers=headers)
