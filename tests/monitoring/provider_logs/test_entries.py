"""Reading and emptying: filters, pages, who sees what."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.access import NOBODY, Viewer
from monitoring.provider_logs import marks
from monitoring.provider_logs.entries import Entry, clear, entries, stats
from monitoring.provider_logs.shape import new_id
from providers.happenings import Happening
from tests.monitoring.provider_logs.cast import Told, attempt, call, recording

EVERYTHING = Viewer(teams=None, name="ada")
BLUE = Viewer(teams=frozenset({7}), name="bob")


def some(it: Told) -> None:
    it.closed.tell(call(id="of-blue", team_id=7))
    it.closed.tell(call(attempt(status=500, error="provider_error", message="Boom."), id="of-red", team_id=8))
    it.closed.tell(call(attempt(provider="groq"), id="of-nobody"))
    it.changed.tell(Happening(kind="token", provider="openai", token="fp-9", after="retired", at=time.time()))
    it.recorder.flush()


def test_newest_first_of_all_providers_or_of_one(tmp_path: Path) -> None:
    with recording(tmp_path) as it:
        some(it)
        page = entries(EVERYTHING)
        assert [one.id for one in page.entries] == sorted((one.id for one in page.entries), reverse=True)
        assert (len(page.entries), page.next) == (4, "")
        assert {one.provider for one in entries(EVERYTHING, "groq").entries} == {"groq"}
        assert entries(EVERYTHING, "unheard_of").entries == []


def test_filters(tmp_path: Path) -> None:
    with recording(tmp_path) as it:
        some(it)

        def ids(**wanted: str) -> set[str]:
            return {one.request_id for one in entries(EVERYTHING, **wanted).entries}

        assert ids(level="warning") == {"of-red", ""}
        assert ids(event="response") == {"of-blue", "of-red", "of-nobody"}
        assert ids(text="BOOM") == {"of-red"}
        assert ids(text="of-bl") == {"of-blue"}
        assert ids(text="fp-9", event="token") == {""}


@pytest.mark.parametrize("wrong", [{"level": "loud"}, {"event": "party"}, {"cursor": "1"}, {"cursor": "Z" * 24}])
def test_a_filter_or_cursor_that_is_none_is_refused(tmp_path: Path, wrong: dict[str, str]) -> None:
    with recording(tmp_path), pytest.raises(ValueError):
        entries(EVERYTHING, **wrong)


def test_a_team_sees_its_requests_without_the_token_and_nothing_else(tmp_path: Path) -> None:
    with recording(tmp_path) as it:
        some(it)
        (mine,) = entries(BLUE).entries
        assert (mine.request_id, mine.token, mine.team_id) == ("of-blue", "", 7)
        assert [(one.provider, one.entries, one.file_bytes) for one in stats(BLUE)] == [("openai", 1, 0)]
        assert entries(BLUE, text="fp-1234abcd").entries == []
        assert entries(NOBODY).entries == [] == stats(NOBODY)


def test_statistics_are_of_what_is_kept(tmp_path: Path) -> None:
    with recording(tmp_path) as it:
        some(it)
        groq, openai = stats(EVERYTHING)
        assert (groq.provider, groq.entries) == ("groq", 1)
        assert openai.by_level == {"info": 1, "error": 2}
        assert openai.by_event == {"response": 2, "token": 1}
        assert openai.oldest is not None and openai.newest is not None and openai.oldest <= openai.newest
        assert openai.file_bytes == (tmp_path / "openai" / "web-here-1.jsonl").stat().st_size
        (nothing,) = stats(EVERYTHING, "unheard_of")
        assert (nothing.entries, nothing.oldest) == (0, None)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 5), max_size=30), st.integers(1, 7))
def test_pages_hold_every_entry_once_in_order(ats: list[int], most: int) -> None:
    with recording(Path("/nowhere"), kept=0) as it:
        made = [
            Entry(id=new_id(at), at=at, level="info", event="health", provider=f"p{at % 2}", message="") for at in ats
        ]
        for one in made:
            it.recorder.memory.keep(one.provider, [one])
        seen: list[str] = []
        cursor = ""
        while True:
            page = entries(EVERYTHING, cursor=cursor, most=most)
            assert len(page.entries) <= most
            seen += [one.id for one in page.entries]
            cursor = page.next
            if not cursor:
                break
        assert seen == sorted((one.id for one in made), reverse=True)


def test_clear_empties_memory_and_files_of_one_provider(tmp_path: Path) -> None:
    with recording(tmp_path) as it:
        some(it)
        it.closed.tell(call(id="just-now"))
        other = tmp_path / "openai" / "web-dead-1.3.jsonl"
        other.write_text("{}\n")
        assert clear("openai") == 3
        it.recorder.flush()
        assert entries(EVERYTHING, "openai").entries == []
        assert list((tmp_path / "openai").glob("*.jsonl")) == []
        assert [one.request_id for one in entries(EVERYTHING).entries] == ["of-nobody"]
        it.closed.tell(call(id="later", started_at=time.time_ns() // 1000))
        it.recorder.flush()
        assert [one.request_id for one in entries(EVERYTHING, "openai").entries] == ["later"]


def test_another_process_of_the_machine_empties_its_own_within_a_second(tmp_path: Path) -> None:
    with recording(tmp_path) as here:
        there = Told(tmp_path, process="worker-here-2")
        some(here)
        some(there)
        clear("openai")
        there.recorder._due["look"] = 0.0  # a second later
        there.recorder.flush()
        assert there.recorder.memory.entries("openai") == []
        assert there.recorder.memory.entries("groq")
        there.recorder.stop()


def test_a_mark_that_cannot_be_read_empties_nothing(tmp_path: Path) -> None:
    (tmp_path / marks.NAME).write_text("{torn")
    assert marks.read_marks(tmp_path) == {}
    marks.set_mark(tmp_path, "openai", 5)
    marks.set_mark(tmp_path, "groq", 7)
    assert marks.read_marks(tmp_path) == {"openai": 5, "groq": 7}
    assert sorted(path.name for path in tmp_path.iterdir()) == [marks.NAME]
