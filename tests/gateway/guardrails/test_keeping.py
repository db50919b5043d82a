"""What the answer cache keeps of an answer with placeholders."""

from __future__ import annotations

import json
from typing import Any

from gateway.guardrails.keeping import KeptIfWhole
from tests.gateway.guardrails.cast import asked, guard, screen


class Kept:
    def __init__(self) -> None:
        self.said: list[str] = []

    def add(self, piece: bytes) -> None:
        self.said.append("add")

    def done(self, **figures: Any) -> bool:
        self.said.append("done")
        return True

    def dropped(self) -> None:
        self.said.append("dropped")


async def kept(reply: str, **more: Any) -> list[str]:
    one = screen("chat.completions", asked("write to bird@aviary.example"), guard(on_replies=True, **more))
    await one.asked()
    keeping = Kept()
    around = KeptIfWhole(keeping, one)
    checks = one.reply()
    assert checks is not None
    message = {"role": "assistant", "content": reply}
    around.add(await checks.whole(json.dumps({"choices": [{"index": 0, "message": message}]}).encode()))
    assert around.done(finish="stop") is (keeping.said[-1] == "done")
    return keeping.said


async def test_an_answer_about_what_was_asked_is_kept() -> None:
    assert await kept("I wrote to [EMAIL_1]") == ["add", "done"]


async def test_an_answer_whose_own_values_come_back_is_not() -> None:
    assert await kept("ask owl@aviary.example") == ["add", "dropped"]


async def test_one_whose_values_stay_hidden_is() -> None:
    assert await kept("ask owl@aviary.example", action="redact") == ["add", "done"]


async def test_what_is_dropped_is_dropped() -> None:
    keeping = Kept()
    KeptIfWhole(keeping, screen("chat.completions", asked("hi"))).dropped()
    assert keeping.said == ["dropped"]
