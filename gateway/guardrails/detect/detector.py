"""Finds personal data and secrets in a text. Nothing is kept, logged or sent."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence

from gateway.guardrails.detect.candidates import Stretch
from gateway.guardrails.detect.entities import BUILT_IN, Entity, Finding, settled
from gateway.guardrails.detect.national import find_national_ids
from gateway.guardrails.detect.network import find_addresses, find_emails, find_macs, find_url_credentials
from gateway.guardrails.detect.numbers import find_cards, find_ibans, find_wallets
from gateway.guardrails.detect.patterns import DetectorTimeout, OwnPattern
from gateway.guardrails.detect.personal import find_births, find_documents
from gateway.guardrails.detect.phones import find_phones
from gateway.guardrails.detect.plain import plain
from gateway.guardrails.detect.secrets import find_secrets
from gateway.guardrails.detect.stretches import LONGEST, cut

_FEWEST_DIGITS = 5  # of a phone number, an id, a date of birth
_QUIET = frozenset({"other", "version"})  # such words only speak against a finding
_SPANS = {
    Entity.EMAIL: 320, Entity.PHONE: 64, Entity.CARD: 48, Entity.IBAN: 70, Entity.IP: 48, Entity.MAC: 17,
    Entity.URL_CREDENTIALS: 928, Entity.NATIONAL_ID: 32, Entity.PASSPORT: 32, Entity.DRIVER_LICENSE: 32,
    Entity.DATE_OF_BIRTH: 40, Entity.CRYPTO: 100,
}  # fmt: skip


def detect(
    text: str, entities: frozenset[Entity], own: Sequence[OwnPattern] = (), *, regions: Sequence[str] = ()
) -> list[Finding]:
    """What of ``entities`` is in ``text``, and what ``own`` patterns match; in order, nothing overlapping. NAME and
    LOCATION are not found here (presidio.py). ``regions``: countries ("DE") whose local phone numbers are read.
    Raises DetectorTimeout when an own pattern takes too long."""
    read = plain(text)
    wanted = entities & BUILT_IN
    found: list[Finding] = []
    spent: dict[str, float] = defaultdict(
        float
    )  # seconds, by pattern: a text of many lines must not take many times the limit
    for base, stretch in cut(read.text, own).stretches:
        candidates = list(_candidates(stretch, wanted, regions)) if wanted and _worth_it(stretch) else []
        for one in own:
            began = time.perf_counter()
            candidates.extend(one.find(stretch.text))
            spent[one.name] += time.perf_counter() - began
            if spent[one.name] > one.most(len(text)):
                raise DetectorTimeout(one.name)
        found.extend(one.shifted(base) for one in settled(candidates))
    if read.places is None:
        return found
    return [
        one._replace(start=read.original(one.start, one.end)[0], end=read.original(one.start, one.end)[1])
        for one in found
    ]


def open_tail(text: str, entities: frozenset[Entity], own: Sequence[OwnPattern] = ()) -> int:
    """How many characters at the end of ``text`` may be, or become, part of a finding when more comes; 0 when none.

    Release the others and keep these: what ``detect`` finds in the pieces is then what it finds in the whole. The text
    before the pieces need not be kept, it changes nothing. At most about 17,000 characters are held back."""
    if not entities & BUILT_IN and not own:
        return 0
    read = plain(text)
    return len(text) - read.start(cut(read.text, own, last=False).open, text)


def longest(entities: frozenset[Entity], own: Sequence[OwnPattern] = ()) -> int:
    """Characters of the longest finding there can be, not counting invisible ones (up to eight for each character)."""
    if own or Entity.SECRET in entities:
        return LONGEST
    return max((_SPANS[one] for one in entities if one in _SPANS), default=0)


def _worth_it(stretch: Stretch) -> bool:
    """Most stretches hold a year or a price, and nothing speaks of it: they need no closer look."""
    text = stretch.text
    if (
        any(not hint.labels <= _QUIET for hint in stretch.hints)
        or "@" in text
        or "_" in text
        or ":" in text
        or "-" in text
        or text.count(".") >= 3
    ):
        return True
    return (len(text) >= _FEWEST_DIGITS and sum(map(text.count, "0123456789")) >= _FEWEST_DIGITS) or len(text) >= 20


def _candidates(stretch: Stretch, wanted: frozenset[Entity], regions: Sequence[str]) -> Iterator[Finding]:
    text = stretch.text
    if Entity.SECRET in wanted:
        yield from find_secrets(stretch)
    if Entity.EMAIL in wanted and ("@" in text or "(" in text or "[" in text):
        yield from find_emails(stretch)
    if Entity.URL_CREDENTIALS in wanted and "://" in text and "@" in text:
        yield from find_url_credentials(stretch)
    if Entity.CRYPTO in wanted and len(text) >= 26:
        yield from find_wallets(stretch)
    digits = sum(map(text.count, "0123456789"))
    if Entity.IP in wanted and digits:
        yield from find_addresses(stretch)
    if Entity.MAC in wanted and len(text) >= 14:
        yield from find_macs(stretch)
    if digits >= 3:
        yield from _numbers(stretch, wanted, regions, digits)


def _numbers(stretch: Stretch, wanted: frozenset[Entity], regions: Sequence[str], digits: int) -> Iterator[Finding]:
    if Entity.DATE_OF_BIRTH in wanted:
        yield from find_births(stretch)
    for entity in (Entity.PASSPORT, Entity.DRIVER_LICENSE):
        if entity in wanted:
            yield from find_documents(stretch, entity)
    if Entity.NATIONAL_ID in wanted:
        yield from find_national_ids(stretch)
    if Entity.PHONE in wanted and digits >= 6:
        yield from find_phones(stretch, regions)
    if Entity.CARD in wanted and digits >= 12:
        yield from find_cards(stretch)
    if Entity.IBAN in wanted and digits >= 8:
        yield from find_ibans(stretch)
