"""One guardrail that finds places in texts (personal data, words, patterns), over the texts of one call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable

from gateway.guardrails.compiled import Guard
from gateway.guardrails.deciding import Desk, Tally
from gateway.guardrails.detect.entities import Entity, Finding
from gateway.guardrails.escapes import spelled
from gateway.guardrails.fields import Key
from gateway.guardrails.finders import Finder
from gateway.guardrails.placeholders import Placeholders
from gateway.guardrails.scanning import Observer, Pipe, Scanner

AT_ONCE = 12_288  # characters that are looked through at once: about 1.5 ms
PIECE = 4_096  # of longer texts
TURN = 0.002  # seconds after which other calls get their turn


class TextCheck:
    """``tally`` counts what it found."""

    def __init__(self, guard: Guard, placeholders: Placeholders) -> None:
        self.guard = guard
        self.tally = Tally()
        self._placeholders = placeholders

    @property
    def blocks(self) -> bool:
        """Whether looking through a text takes so long that it belongs in a thread."""
        finder: Finder = self.guard.settings
        return finder.blocks

    def replace(self, finding: Finding, value: str) -> str:
        self.tally.add(finding)
        if not self.guard.changes:
            return value
        return self._placeholders.of(entity_of(finding), spelled(value), restore=self.guard.action == "restore")

    def scanner(self, *, json: bool) -> Scanner:
        return Scanner(self.guard.settings, self.replace, json=json, spared=self._placeholders.spans)

    async def read(self, texts: Iterable[Key]) -> dict[Key, str]:
        """Those that changed, as they are to be. Other calls get their turn in between: a thread would only fight the
        event loop for the interpreter, but where a language model is asked."""
        changed: dict[Key, str] = {}
        turn = time.perf_counter() + TURN
        for key in texts:
            text, json = key
            scanner = self.scanner(json=json)
            if self.blocks:
                new = await asyncio.to_thread(scanner.feed_all, text)
            elif len(text) <= AT_ONCE:
                new = scanner.feed_all(text)
            else:
                told = []
                for at in range(0, len(text), PIECE):
                    told.append(scanner.feed(text[at : at + PIECE]))
                    turn = await _next_turn(turn)
                new = "".join((*told, scanner.finish()))
            if new != text:
                changed[key] = new
            turn = await _next_turn(turn)
        return changed

    def pipe(self, *, json: bool) -> Pipe:
        """For a stream. A guardrail that only notes holds nothing back."""
        scanner = self.scanner(json=json)
        return scanner if self.guard.changes or self.guard.blocks else Observer(scanner)

    def report(self, desk: Desk, on: str, *, began: float) -> None:
        """Raises ``GuardrailBlocked`` where it found something and blocks."""
        if self.tally:
            desk.passed(self.guard, on, why=f"holds {self.tally.kinds}", what=self.tally.what, began=began)


async def _next_turn(turn: float) -> float:
    if time.perf_counter() < turn:
        return turn
    await asyncio.sleep(0)
    return time.perf_counter() + TURN


def entity_of(finding: Finding) -> str:
    """The word in a placeholder: the entity's, or the name of an own pattern in capitals."""
    own = finding.kind if finding.entity == Entity.OWN else ""
    letters = "".join(char if char.isascii() and char.isalnum() else "_" for char in own.upper()).strip("_")
    return letters[:40] if letters[:1].isalpha() else str(finding.entity)
