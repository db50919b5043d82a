"""Every recorded chat, replayed: answers whole and cut at every byte, errors, and requests read and written again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recorded.known import KNOWN
from tests.recorded.placing import place
from tests.recorded.records import FOLDER, Record, all_records, there
from tests.recorded.replaying import answer_problems
from tests.recorded.requesting import is_asked, request_problems
from tests.recorded.serving import app_problems

pytestmark = pytest.mark.skipif(
    not there(), reason=f"the recorded traffic is not part of the project, and not in {FOLDER.name} beside it"
)
SPOKEN = [record for record in all_records() if place(record) is not None]


def judged(record: Record, problems: list[str]) -> None:
    if record.id in KNOWN:
        assert problems, f"{record.id} passes now: take it out of known.py"
        pytest.xfail(KNOWN[record.id])
    assert not problems, "\n".join(problems[:5])


@pytest.mark.parametrize("record", SPOKEN, ids=lambda record: record.id)
def test_the_answer_is_read_right_however_it_is_cut(record: Record) -> None:
    assert not (problems := list(answer_problems(record))), "\n".join(problems[:5])


@pytest.mark.parametrize("app", ["openai", "anthropic"])
@pytest.mark.parametrize("record", SPOKEN, ids=lambda record: record.id)
async def test_the_app_receives_what_the_vendor_said(record: Record, app: str, tmp_path: Path) -> None:
    assert not (problems := await app_problems(record, app, tmp_path)), "\n".join(problems[:5])


ASKED = [record for record in SPOKEN if is_asked(record)]


@pytest.mark.parametrize("record", ASKED, ids=lambda record: record.id)
def test_the_request_is_the_same_when_it_is_read_and_written_again(record: Record) -> None:
    judged(record, list(request_problems(record)))
