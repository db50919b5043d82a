"""Escapes that stand in a text: finders read what they mean, whole and in a stream that is cut anywhere."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from gateway.guardrails.escapes import before, meant, spelled
from gateway.guardrails.finders import Finder
from gateway.guardrails.scanning import Scanner
from gateway.guardrails.settings import read_settings
from tests.gateway.guardrails.detect.canaries import CANARIES, Canary

PII: Finder = read_settings("pii", {})
OWN: Finder = read_settings("patterns", {"patterns": [{"name": "order", "pattern": r"A-\d{4}|%41x|C:\\temp"}]})


def covered(finder: Finder, text: str) -> str:
    for one in sorted(finder.find(text), reverse=True):
        text = text[: one.start] + "[]" + text[one.end :]
    return text


def nested(value: object, times: int) -> str:
    for _ in range(times):
        value = json.dumps({"note": value})
    return str(value)


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("canary", CANARIES, ids=lambda one: one.kind)
def test_json_in_prose_hides_nothing(canary: Canary, times: int) -> None:
    written = nested(f"line\n{canary.text}\nline", times)
    left = covered(PII, f"The log says: {written}")
    inner = canary.value
    for _ in range(times):
        inner = json.dumps(inner)[1:-1]
    assert inner not in left
    assert left.startswith("The log says: {")
    assert left.endswith("line" + written[written.rindex("line") + 4 :])


def test_a_name_before_an_escape_and_after_it_stands_alone() -> None:
    assert covered(PII, r"line\nbird@aviary-mail.com\tend") == r"line\n[]\tend"


def test_a_web_address_hides_no_email() -> None:
    value = quote("canary.bird+mine@aviary-mail.com")
    assert value not in covered(PII, f"see https://x.example/?q={value}&more=1")


def test_own_patterns_see_what_is_written_and_what_it_means() -> None:
    assert covered(OWN, r"\nA-1234 %41x C:\temp") == r"\n[] [] []"


@pytest.mark.parametrize("finder", [PII, OWN])
def test_what_is_found_does_not_hang_on_where_a_stream_is_cut(finder: Finder) -> None:
    text = r"say: {\"a\": \"line\\n4111 1111 1111 1111\\tkanarie@v\\u00f6gel.de\"} %40 100% A-1234\n%41x C:\temp \\" * 2

    def told(size: int) -> str:
        scanner = Scanner(finder, lambda one, value: "[]", json=False, spared=lambda _: [])
        pieces = [scanner.feed(text[at : at + size]) for at in range(0, len(text), size)]
        return "".join(pieces) + scanner.finish()

    whole = told(len(text))
    assert "[]" in whole
    assert {told(size) for size in range(1, len(text))} == {whole}


def test_places_are_those_of_what_is_written() -> None:
    read = meant(r"a\\nb%40c\u00e4")
    assert read is not None
    assert (read.text, list(read.places)) == ("a\nb@cä", [0, 1, 4, 5, 8, 9, 15])
    assert [before(r"a\\nb", place) for place in range(6)] == [0, 1, 1, 1, 4, 5]
    assert meant("nothing to undo") is None
    assert meant("100% \\d") is None


def test_a_value_comes_back_as_it_may_stand_in_json_of_any_depth() -> None:
    assert spelled(r"kanarie@v\\u00f6gel.de") == "kanarie@vögel.de"
    assert spelled(r"a\nb") == r"a\nb"
    assert spelled(r"a\u0022b") == r"a\u0022b"
    assert spelled(r"a\ud83d\ude00") == r"a\ud83d\ude00"
