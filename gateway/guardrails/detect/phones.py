"""Finds phone numbers, by the phonenumbers package (Google's libphonenumber). Numbers with + are found anywhere;
numbers without one where ``regions`` says in which countries to read them, or where a word before says "phone"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import phonenumbers

from gateway.guardrails.detect.candidates import Stretch
from gateway.guardrails.detect.entities import Entity, Finding

_PLUS = re.compile(r"(?<![0-9A-Za-z_+])\+ ?\(?[0-9](?:[ ().\-/]{0,3}[0-9]){6,16}(?![0-9])")
_DOUBLE_ZERO = re.compile(
    r"(?<![0-9A-Za-z_.,+/-])00[1-9][0-9]{0,2}(?:[ ().\-/]{1,3}[0-9]{1,6}){2,6}(?![0-9A-Za-z_])"
    r"|(?<![0-9A-Za-z_.,+/-])00[1-9][0-9]{8,13}(?![0-9A-Za-z_])"
)
_AMERICAN = re.compile(
    r"(?<![0-9A-Za-z_])(?:1[ .-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}(?P<by>[.-]))"
    r"[2-9][0-9]{2}(?(by)(?P=by)|[ .-])[0-9]{4}(?![0-9A-Za-z_]|[.,-][0-9])"
)
_LOCAL = re.compile(
    r"(?<![0-9A-Za-z_+#$€£])(?<![0-9][.,/-])\(?[0-9](?:[ ().\-/]{0,3}[0-9]){5,14}(?![0-9A-Za-z_]|[.,:/-][0-9]|[%€$£])"
)
_DATED = re.compile(
    r"(?:19|20)[0-9]{2}[-./][0-9]{1,2}[-./][0-9]{1,2}.*|[0-9]{1,2}[-./][0-9]{1,2}[-./](?:19|20)[0-9]{2}.*"
    r"|(?:[0-9]{1,3}[ .]){1,3}000|(?:19|20)[0-9]{2} ?[-/] ?(?:19|20)[0-9]{2}"
)


def find_phones(stretch: Stretch, regions: Sequence[str]) -> Iterator[Finding]:
    text = stretch.text
    if "+" in text:
        for found in _PLUS.finditer(text):
            yield from _international(stretch, found)
    if "00" in text:
        for found in _DOUBLE_ZERO.finditer(text):
            if _reads_as("+" + found[0].lstrip("0"), None):
                yield Finding(*_trimmed(found), Entity.PHONE, "international", 2)
    for found in _AMERICAN.finditer(text):
        if not _other(stretch, found.start()) and _reads_as(found[0], "US"):
            yield Finding(*_trimmed(found), Entity.PHONE, "us", 2)
    for found in _LOCAL.finditer(text):
        yield from _local(stretch, found, regions)


def _international(stretch: Stretch, found: re.Match[str]) -> Iterator[Finding]:
    """The longest beginning of it that is a number; what follows may be an extension or the next number."""
    start, end = found.span()
    value = found[0]
    while value.count("") > 8:
        if _reads_as(value, None):
            yield Finding(start, start + len(value), Entity.PHONE, "international", 3)
            return
        value = re.sub(r"[ ().\-/]*[0-9]+$", "", value) if re.search(r"[ ().\-/]", value) else ""
    if "phone" in stretch.labels(start) or re.search(r"[ (-]", found[0][1:]):
        yield Finding(start, end, Entity.PHONE, "international", 1)


def _local(stretch: Stretch, found: re.Match[str], regions: Sequence[str]) -> Iterator[Finding]:
    if _DATED.fullmatch(found[0]):
        return
    said = stretch.labels(found.start())
    if ("phone" in said and not _other(stretch, found.start())) or (
        regions and "other" not in said and any(_reads_as(found[0], region) for region in regions)
    ):
        yield Finding(*_trimmed(found), Entity.PHONE, "local", 1)


def _other(stretch: Stretch, start: int) -> bool:
    said = stretch.nearest(start)
    return "other" in said and "phone" not in said


def _trimmed(found: re.Match[str]) -> tuple[int, int]:
    """Without a bracket that opens before it and closes after it."""
    start, end = found.span()
    return (start + 1, end) if found[0][0] == "(" and ")" not in found[0] else (start, end)


def _reads_as(text: str, region: str | None) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, region))
    except phonenumbers.NumberParseException:
        return False
