"""Finds what only the words before it make personal: passports, driver's licenses, dates of birth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gateway.guardrails.detect.candidates import Stretch
from gateway.guardrails.detect.checks import day_of
from gateway.guardrails.detect.entities import Entity, Finding

_DOCUMENT = re.compile(
    r"(?<![0-9A-Za-z_@#$€£+])(?<![0-9][.,])[A-Za-z0-9](?:[ -]?[A-Za-z0-9]){4,19}(?![0-9A-Za-z_@%]|[.,/][0-9])"
)
_SERIES = re.compile(
    r"[A-Z]{0,3}[0-9]{5,12}[A-Z]{0,2}|(?=[A-Z0-9]{0,7}[0-9])[A-Z][A-Z0-9]{7,9}|[0-9]{2}[A-Z]{2}[0-9]{5}"
)
_LICENSE = re.compile(r"(?=(?:[A-Z]*[0-9]){4})[A-Z0-9]{6,18}")
_WORD = re.compile(r"[A-Za-z0-9-]+")
_NUMERIC = re.compile(
    r"(?<![0-9.,/-])(?:(?P<y>(?:18|19|20)[0-9]{2})(?P<s>[-./]|\s?[年년]\s?)(?P<m>[0-9]{1,2})(?:(?P=s)|\s?[月월]\s?)(?P<d>[0-9]{1,2})[日일]?"
    r"|(?P<a>[0-9]{1,2})(?P<t>[-./]|\. )(?P<b>[0-9]{1,2})(?P=t)(?P<z>(?:18|19|20)?[0-9]{2})"
    r"|(?P<c>(?:19|20)[0-9]{6}))(?![0-9]|[-/][0-9])"
)
_WORDED = re.compile(
    r"(?<![0-9A-Za-z])(?:(?P<d>[0-9]{1,2})(?:st|nd|rd|th|er|º|\.)?[ -]"
    r"(?:de |of )?(?P<m>[^\W\d_]{3,12})\.?,?[ -](?:de |del )?(?P<y>(?:18|19|20)[0-9]{2})"
    r"|(?P<n>[^\W\d_]{3,12})\.? (?P<e>[0-9]{1,2})(?:st|nd|rd|th)?,? (?P<z>(?:18|19|20)[0-9]{2}))(?![0-9A-Za-z])"
)
_MONTHS_TEXT = (
    "jan feb mar apr may jun jul aug sep oct nov dec mär mrz mai okt dez fév fev avr juin juil aoû aou déc "
    "ene abr ago dic gen mag giu lug set ott mrt mei mes out sty lut kwi maj cze lip sie wrz paź lis gru янв "
    "фев мар апр мая июн июл авг сен окт ноя дек ينا فبر مار أبر ماي يون يول أغس سبت أكت نوف ديس"
)
_MONTHS = tuple(_MONTHS_TEXT.split())


def find_documents(stretch: Stretch, entity: Entity) -> Iterator[Finding]:
    """Numbers after a word that says "passport" (or "driver", for licenses)."""
    label, form = ("passport", _SERIES) if entity is Entity.PASSPORT else ("license", _LICENSE)
    if not any(label in hint.labels for hint in stretch.hints):
        return
    for found in _WORD.finditer(stretch.text):
        span = _document(stretch.text, found.start(), found.end(), form)
        if span is not None and label in stretch.labels(span[0]) and "other" not in stretch.nearest(span[0]):
            yield Finding(*span, entity, certainty=2)


def _document(text: str, start: int, end: int, form: re.Pattern[str]) -> tuple[int, int] | None:
    """The number that begins with the word from ``start``; it may go on after spaces ("S 1234 5678")."""
    if text[start - 1 : start] in ("@", "#", "$", "€", "£", "/", ".", "_") and start:
        return None
    if form.fullmatch(text[start:end].replace("-", "").upper()):
        return start, end
    head = re.compile(r"[A-Za-z]{0,2}[0-9]{0,4}(?: [0-9A-Za-z]{1,6}){1,4}(?![0-9A-Za-z])").match(text, start)
    if head is None or text[start:end].upper() != text[start:end]:
        return None
    digits = re.match(r"[A-Z]{0,3}[0-9]*(?: [0-9]{2,6}[A-Z]?)+(?![0-9A-Za-z])", head[0])
    if digits is None or not form.fullmatch(digits[0].replace(" ", "")):
        return None
    return start, start + digits.end()


def find_births(stretch: Stretch) -> Iterator[Finding]:
    if not any("birth" in hint.labels for hint in stretch.hints):
        return
    dates = [*_NUMERIC.finditer(stretch.text), *_WORDED.finditer(stretch.text)]
    said = 0
    for found in sorted(dates, key=re.Match.start):
        if not _is_date(found.groupdict()) or "birth" not in stretch.labels(found.start()):
            continue
        before, said = (
            said,
            max(hint.end for hint in stretch.hints if "birth" in hint.labels and hint.end <= found.start()),
        )
        if said != before:  # the first date after the word; the next is of something else
            yield Finding(*found.span(), Entity.DATE_OF_BIRTH, certainty=2)


def _is_date(part: dict[str, str | None]) -> bool:
    month_name = part.get("m") or part.get("n") or ""
    if month_name and not month_name.isdigit():
        return month_name.lower().startswith(_MONTHS) and 1 <= int(part.get("d") or part.get("e") or 0) <= 31
    if part.get("c"):
        return day_of(int(str(part["c"])[4:6]), int(str(part["c"])[6:]))
    if part.get("y"):
        return day_of(int(part["m"] or 0), int(part["d"] or 0))
    first, second = int(part["a"] or 0), int(part["b"] or 0)
    return day_of(second, first) or day_of(first, second)
