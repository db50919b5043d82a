"""Frames of a stream that wait until what they say has been judged: by the sentence, or all of them for a schema."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

from gateway.guardrails.compiled import Guard
from gateway.guardrails.slots import Place

LEAST, MOST = 80, 800  # characters of a window: judged when a sentence ends in between, or it is full
OVERLAP = 200  # characters of what was judged before that are judged again with it
LONGEST_LOOK = 50_000  # characters that a guardrail which only notes is given at the end
ANSWERS = ("content", "content.text", "text")  # fields that hold the answer itself
_ENDS = re.compile(r"[.!?\u3002\uff01\uff1f\n](?:\s|\Z)")

Heard = tuple[Place, str]


class Judges(Protocol):
    @property
    def endpoint(self) -> str: ...

    async def judge(self, guard: Guard, texts: Sequence[str]) -> None: ...

    async def hold_to(self, guard: Guard, answers: Sequence[str]) -> None: ...


class Gate:
    """``guards``: those that judge a text as a whole. Its methods raise what they raise."""

    def __init__(self, judges: Judges, guards: Sequence[Guard]) -> None:
        usable = [one for one in guards if not one.broken]
        self._judges = judges
        self._strict = [one for one in usable if one.blocks and one.kind != "schema"]
        self._watching = [one for one in usable if not one.blocks and one.kind != "schema"]
        self._schemas = [one for one in usable if one.kind == "schema"]
        self._holds_all = any(one.blocks for one in self._schemas)
        self._held: list[bytes] = []
        self._pending: dict[Place, str] = {}
        self._judged: dict[Place, str] = {}  # the end of what was
        self._said: dict[Place, list[str]] = {}

    @property
    def waits(self) -> bool:
        """Whether it needs to hear what is said."""
        return bool(self._strict or self._watching or self._schemas)

    async def through(self, frames: bytes, heard: Sequence[Heard]) -> bytes:
        """What may go out now."""
        for place, text in heard:
            if self._strict:
                self._pending[place] = self._pending.get(place, "") + text
            if self._watching or self._schemas:
                self._said.setdefault(place, []).append(text)
        if not (self._strict or self._holds_all):
            return frames
        self._held.append(frames)
        if self._strict and self._is_full():
            await self._judge()
        return b"" if self._holds_all or self._pending else self._released()

    async def finish(self) -> bytes:
        if self._pending:
            await self._judge()
        for guard in self._schemas:
            await self._judges.hold_to(guard, self._answers())
        for guard in self._watching:
            texts = ["".join(one)[-LONGEST_LOOK:] for one in self._said.values()]
            await self._judges.judge(guard, texts)
        return self._released()

    def _released(self) -> bytes:
        held, self._held = b"".join(self._held), []
        return held

    def _is_full(self) -> bool:
        return any(
            len(text) >= MOST or (len(text) >= LEAST and _ENDS.search(text, max(0, len(text) - 8)))
            for text in self._pending.values()
        )

    async def _judge(self) -> None:
        texts = [self._judged.get(place, "") + text for place, text in self._pending.items()]
        for guard in self._strict:
            await self._judges.judge(guard, texts)
        for place, text in self._pending.items():
            self._judged[place] = (self._judged.get(place, "") + text)[-OVERLAP:]
        self._pending.clear()

    def _answers(self) -> list[str]:
        """By choice; Anthropic's blocks are one answer."""
        answers: dict[int, list[str]] = {}
        for (choice, name, _), texts in self._said.items():
            if name in ANSWERS:
                answers.setdefault(0 if self._judges.endpoint == "messages" else choice, []).extend(texts)
        return [text for one in answers.values() if (text := "".join(one))]
