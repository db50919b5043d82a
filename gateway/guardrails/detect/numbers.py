"""Finds card numbers, bank accounts and crypto wallets: numbers with check digits."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from gateway.guardrails.detect.candidates import Stretch
from gateway.guardrails.detect.checks import luhn, mod97
from gateway.guardrails.detect.entities import Entity, Finding

_CARD = re.compile(
    r"(?<![0-9A-Za-z_])(?<![0-9][.,])(?:[0-9]{12,19}|[0-9]{4,6}(?:(?: {1,2}| ?- ?|\.)[0-9]{2,7}){2,4})"
    r"(?![0-9A-Za-z_]|[.,-][0-9])"
)
# Prefix and lengths; sources: the networks' BIN tables as Wikipedia lists them ("Payment card number", 2025).
_NETWORKS = (
    (re.compile(r"4"), (13, 16, 19), "visa"),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), (16,), "mastercard"),
    (re.compile(r"3[47]"), (15,), "amex"),
    (re.compile(r"6011|64[4-9]|65"), (16, 17, 18, 19), "discover"),
    (re.compile(r"30[0-5]|3095|36|3[89]"), (14, 15, 16, 17, 18, 19), "diners"),
    (re.compile(r"35(?:2[89]|[3-8])"), (16, 17, 18, 19), "jcb"),
    (re.compile(r"62|81"), (16, 17, 18, 19), "unionpay"),
    (re.compile(r"5018|5020|5038|5893|6304|6759|676[1-3]|50|5[6-8]|67"), (12, 13, 14, 15, 16, 17, 18, 19), "maestro"),
    (re.compile(r"220[0-4]"), (16, 17, 18, 19), "mir"),
    (re.compile(r"60|508[0-9]|353|356"), (16,), "rupay"),
    (re.compile(r"9792"), (16,), "troy"),
)
_IBAN = re.compile(r"(?<![0-9A-Za-z_])[A-Za-z]{2}[0-9]{2}(?:[ -]?[0-9A-Za-z]){11,30}")
# Source: SWIFT's IBAN registry, release 99.
_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in (
        ("15", "NO"), ("16", "BE"), ("18", "DK FI FO GL NL SD FK"), ("19", "MK SI"), ("20", "AT BA EE KZ LT LU XK MN"),
        ("21", "CH HR LI LV"), ("22", "BG BH CR DE GB GE IE ME RS VA"), ("23", "AE GI IL IQ OM SO TL"),
        ("24", "AD CZ ES MD PK RO SA SE SK TN VG DZ"), ("25", "LY PT ST"), ("26", "IS TR"),
        ("27", "BI DJ FR GR IT MC MR SM"),
        ("28", "AL AZ BY CY DO GT HN HU LB NI PL SV"), ("29", "BR EG PS QA UA"), ("30", "JO KW MU YE"), ("31", "MT SC"),
        ("32", "LC"), ("33", "RU"),
    )
    for country in countries.split()
}  # fmt: skip

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_WALLET58 = re.compile(r"(?<![0-9A-Za-z_])[13LMDAT9mn2][1-9A-HJ-NP-Za-km-z]{25,33}(?![0-9A-Za-z_])")
_WALLET32 = re.compile(r"(?<![0-9A-Za-z_])(?:bc1|ltc1|BC1|LTC1)[0-9A-Za-z]{8,87}(?![0-9A-Za-z_])")
_WALLET16 = re.compile(r"(?<![0-9A-Za-z_])0x[0-9a-fA-F]{40}(?![0-9A-Za-z_])")
_MONERO = re.compile(r"(?<![0-9A-Za-z_])[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}(?![0-9A-Za-z_])")
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def find_cards(stretch: Stretch) -> Iterator[Finding]:
    for found in _CARD.finditer(stretch.text):
        digits = "".join(filter(str.isdigit, found[0]))
        network = _network(digits)
        if not network or not luhn(digits) or len(set(digits)) < 2:
            continue
        if network in ("maestro", "diners", "rupay") and not _plausible(stretch, found.start(), digits):
            continue
        yield Finding(*found.span(), Entity.CARD, network, 3)


def _network(digits: str) -> str:
    return next((name for prefix, sizes, name in _NETWORKS if len(digits) in sizes and prefix.match(digits)), "")


def _plausible(stretch: Stretch, start: int, digits: str) -> bool:
    """These prefixes are so wide that a number of another kind often has one: its length or the words must speak."""
    common = len(digits) == 16 or (len(digits) == 14 and digits[0] == "3")
    said = stretch.nearest(start)
    return "card" in said or (common and "other" not in said)


def find_ibans(stretch: Stretch) -> Iterator[Finding]:
    for found in _IBAN.finditer(stretch.text):
        text = found[0]
        size = _IBAN_LENGTHS.get(text[:2].upper(), 0)
        end = _end_after(text, size) if size else 0
        after = stretch.text[found.start() + end : found.start() + end + 1]
        if end and not (after.isascii() and after.isalnum()):
            compact = "".join(filter(str.isalnum, text[:end])).upper()
            if mod97(compact[4:] + compact[:4]):
                yield Finding(found.start(), found.start() + end, Entity.IBAN, compact[:2].lower(), 3)


def _end_after(text: str, size: int) -> int:
    """Where the ``size``th letter or digit of ``text`` ends; 0 when there are fewer."""
    seen = 0
    for place, char in enumerate(text):
        seen += char.isalnum()
        if seen == size:
            return place + 1
    return 0


def find_wallets(stretch: Stretch) -> Iterator[Finding]:
    text = stretch.text
    if len(text) < 26:
        return
    yield from (Finding(*found.span(), Entity.CRYPTO, "evm", 3) for found in _WALLET16.finditer(text))
    yield from (Finding(*found.span(), Entity.CRYPTO, "monero", 3) for found in _MONERO.finditer(text))
    for found in _WALLET58.finditer(text):
        if _base58check(found[0]):
            yield Finding(*found.span(), Entity.CRYPTO, "base58", 3)
    for found in _WALLET32.finditer(text):
        if _bech32(found[0]):
            yield Finding(*found.span(), Entity.CRYPTO, "bech32", 3)


def _base58check(text: str) -> bool:
    number = 0
    for char in text:
        number = number * 58 + _BASE58.index(char)
    if number >= 1 << 200:
        return False
    raw = number.to_bytes(25, "big")
    return hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4] == raw[21:]


def _bech32(text: str) -> bool:
    """BIP 173 and BIP 350."""
    low = text.lower()
    if text not in (low, text.upper()):
        return False
    prefix, _, data = low.partition("1")
    if any(char not in _BECH32 for char in data):
        return False
    values = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    state = 1
    for value in (*values, *(_BECH32.index(char) for char in data)):
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATOR):
            state ^= generator if top >> place & 1 else 0
    return state in (1, 0x2BC830A3)
