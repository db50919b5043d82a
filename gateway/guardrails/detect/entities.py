"""The names of what the detectors find, and what a finding is. A finding never holds the text that was found."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Entity(StrEnum):
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    CARD = "CARD"
    IBAN = "IBAN"
    IP = "IP"
    MAC = "MAC"
    URL_CREDENTIALS = "URL_CREDENTIALS"
    NATIONAL_ID = "NATIONAL_ID"
    PASSPORT = "PASSPORT"
    DRIVER_LICENSE = "DRIVER_LICENSE"
    DATE_OF_BIRTH = "DATE_OF_BIRTH"
    CRYPTO = "CRYPTO"
    SECRET = "SECRET"
    NAME = "NAME"
    LOCATION = "LOCATION"
    OWN = "OWN"


LABELS: dict[Entity, str] = {
    Entity.EMAIL: "E-mail addresses",
    Entity.PHONE: "Phone numbers",
    Entity.CARD: "Card numbers",
    Entity.IBAN: "Bank accounts (IBAN)",
    Entity.IP: "IP addresses",
    Entity.MAC: "Hardware addresses (MAC)",
    Entity.URL_CREDENTIALS: "Addresses with a password in them",
    Entity.NATIONAL_ID: "National and tax ids",
    Entity.PASSPORT: "Passport numbers",
    Entity.DRIVER_LICENSE: "Driver's license numbers",
    Entity.DATE_OF_BIRTH: "Dates of birth",
    Entity.CRYPTO: "Crypto wallets",
    Entity.SECRET: "Secrets: keys, tokens, passwords",
    Entity.NAME: "Names (needs Presidio)",
    Entity.LOCATION: "Places (needs Presidio)",
    Entity.OWN: "Own patterns",
}
WITH_PRESIDIO = frozenset({Entity.NAME, Entity.LOCATION})
BUILT_IN = frozenset(Entity) - WITH_PRESIDIO - {Entity.OWN}


_MOST = 200  # overlapping candidates; only a text made for it has more, and comparing each with each would take long


class Finding(NamedTuple):
    """Characters ``start`` to ``end`` (exclusive) of the text are an ``entity``. ``kind`` says more where there is
    more to say: the country's id ("us_ssn"), the vendor of a key ("openai"), the name of an own pattern. ``certainty``
    runs from 1 (the words around it say so) to 3 (its form and check digits leave little doubt)."""

    start: int
    end: int
    entity: Entity
    kind: str = ""
    certainty: int = 2

    @property
    def length(self) -> int:
        return self.end - self.start

    def shifted(self, by: int) -> Finding:
        return self._replace(start=self.start + by, end=self.end + by)


def settled(candidates: list[Finding]) -> list[Finding]:
    """The candidates that stay, in the order of the text, none overlapping another. The most certain wins, then the
    longest; but one that lies inside a longer one of its own entity gives way to that, so that no rest of it shows,
    and lends it its certainty."""
    if len(candidates) < 2:
        return candidates
    kept: list[Finding] = []
    for together in _clusters(sorted(candidates)):
        kept.extend(together if len(together) == 1 else _chosen(together))
    return kept


def _clusters(ordered: list[Finding]) -> Iterator[list[Finding]]:
    """Those that overlap, directly or by others between them."""
    together: list[Finding] = []
    end = 0
    for one in ordered:
        if together and one.start >= end:
            yield together
            together = []
        together.append(one)
        end = max(end, one.end)
    yield together


def _chosen(together: list[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    for one in sorted(_whole(together) if len(together) <= _MOST else together, key=_rank):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept)


def _rank(one: Finding) -> tuple[int, int, int, str, str]:
    return -one.certainty, -one.length, one.start, one.entity, one.kind


def _whole(candidates: list[Finding]) -> list[Finding]:
    whole = []
    for one in candidates:
        if not any(_hides(other, one) for other in candidates):
            most = max((other.certainty for other in candidates if _hides(one, other)), default=0)
            whole.append(one._replace(certainty=max(one.certainty, most)))
    return whole


def _hides(longer: Finding, one: Finding) -> bool:
    return (
        longer.entity == one.entity
        and longer.length > one.length
        and longer.start <= one.start
        and one.end <= longer.end
    )
