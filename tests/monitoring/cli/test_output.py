"""Tables for people, JSON for programs."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from monitoring.cli.output import Output

COLUMNS = {"name": "Name", "requests": "Requests", "seen_at": "Seen"}


def test_a_table_names_its_columns_and_lines_up_numbers() -> None:
    out = io.StringIO()
    at = datetime(2026, 11, 1, 12, 30, tzinfo=UTC)
    Output(out).rows(
        COLUMNS, [{"name": "a", "requests": 12345, "seen_at": at}, {"name": "b", "requests": 7}], empty="no"
    )
    lines = out.getvalue().splitlines()
    assert lines[0].split() == ["Name", "Requests", "Seen"]
    assert lines[1].split() == ["a", "12,345", "2026-11-01", "12:30:00"]
    assert lines[1].index("12,345") + 6 == lines[2].index("7") + 1


def test_json_holds_all_there_is_and_nothing_else() -> None:
    out = io.StringIO()
    given = Output(out, as_json=True)
    given.say("for people")
    given.rows(
        COLUMNS, [{"name": "a", "requests": 1, "more": True, "seen_at": datetime(2026, 11, 1, tzinfo=UTC)}], empty=""
    )
    assert json.loads(out.getvalue()) == [
        {"name": "a", "requests": 1, "more": True, "seen_at": "2026-11-01T00:00:00+00:00"}
    ]


def test_nothing_is_said_in_words_or_as_an_empty_list() -> None:
    out, words = io.StringIO(), io.StringIO()
    Output(out, as_json=True).rows(COLUMNS, [], empty="There is none.")
    Output(words).rows(COLUMNS, [], empty="There is none.")
    assert json.loads(out.getvalue()) == [] and words.getvalue() == "There is none.\n"


@given(st.text(max_size=60))
def test_no_text_commands_the_terminal(text: str) -> None:
    out = io.StringIO()
    Output(out).rows({"name": "Name"}, [{"name": text}], empty="")
    Output(out).line({}, [text])
    assert not [letter for letter in out.getvalue() if not letter.isprintable() and letter not in "\n"]


@given(st.text(max_size=60))
def test_text_that_looks_like_markup_is_shown_as_it_is(text: str) -> None:
    out = io.StringIO()
    Output(out).line({}, [f"[bold]{text.strip()}[/bold]"])
    assert "[bold]" in out.getvalue() and "[/bold]" in out.getvalue()
