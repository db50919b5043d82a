"""The guardrails of one call, on one reply: in the app's dialect, whole or as a stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from gateway.guardrails.compiled import Guard
from gateway.guardrails.deciding import Desk
from gateway.guardrails.dialects import reply_shape
from gateway.guardrails.fields import Fields, walked
from gateway.guardrails.finding import TextCheck
from gateway.guardrails.gates import Gate, Heard
from gateway.guardrails.judging import Classifiers, judged, report
from gateway.guardrails.placeholders import Placeholders
from gateway.guardrails.scanning import Chain, Guarded, Pipe
from gateway.guardrails.settings import FINDING
from gateway.guardrails.spoken import answers_of, said_in, without_logprobs
from gateway.guardrails.streams import StreamEditor
from providers.wires.openai.codec import decode, encode

ON = "reply"
LONG = 20_000  # characters of an answer that other calls need not wait for


class ReplyScreen:
    """Of one answer. All raise ``GuardrailBlocked`` or ``GuardrailFailed``; a stream then ends there."""

    def __init__(
        self,
        guards: Sequence[Guard],
        *,
        endpoint: str,
        placeholders: Placeholders,
        classifiers: Classifiers,
        desk: Desk,
    ) -> None:
        self._guards = guards
        self._endpoint = endpoint
        self._placeholders = placeholders
        self._classifiers = classifiers
        self._desk = desk
        self._stream: _Stream | None = None

    # --- whole -----------------------------------------------------------------------------------------
    async def whole(self, body: bytes) -> bytes:
        """The body as it may go out: the bytes it came in where nothing changed."""
        try:
            reply = told = decode(body)
        except ValueError:
            return body  # an estimate, or what is no reply; the wires have refused what cannot be read
        for guard in self._guards:
            told = await self._desk.run(guard, ON, partial(self._checked, guard, told)) or told
        return body if told is reply else encode(without_logprobs(told))

    async def _checked(self, guard: Guard, told: Any) -> Any:
        if guard.kind in FINDING:
            return await self._found(guard, told)
        if guard.kind == "schema":
            await self._held_to(guard, answers_of(told, self._endpoint))
        else:
            await self._judged(guard, said_in(told, self._endpoint))
        return told

    async def _found(self, guard: Guard, told: Any) -> Any:
        began = self._desk.clock()
        shape = reply_shape(self._endpoint)
        assert shape is not None
        fields = Fields()
        walked(told, shape, fields)
        check = TextCheck(guard, self._placeholders)
        changed = await check.read(fields.found)
        check.report(self._desk, ON, began=began)
        return walked(told, shape, Fields(changed)) if changed and guard.changes else told

    async def _held_to(self, guard: Guard, answers: Sequence[str]) -> None:
        began = self._desk.clock()
        for answer in answers:
            if len(answer) > LONG:
                where = await asyncio.to_thread(guard.settings.passed, answer)
            else:
                where = guard.settings.passed(answer)
            if where:
                why = "is no JSON" if where == "not_json" else f"does not hold to the JSON schema ({where})"
                self._desk.passed(guard, ON, why=why, what=f"{where}:1", began=began)

    async def _judged(self, guard: Guard, texts: Sequence[str]) -> None:
        began = self._desk.clock()
        said = await judged(guard, self._classifiers, texts)
        if said is not None:
            report(self._desk, guard, ON, said, began=began)

    # --- streams ---------------------------------------------------------------------------------------
    async def feed(self, piece: bytes) -> bytes:
        return await self._streaming().feed(piece)

    async def finish(self) -> bytes:
        """What was held back. Also where nothing was fed."""
        return await self._streaming().finish()

    def _streaming(self) -> _Stream:
        if self._stream is None:
            self._stream = _Stream(self)
        return self._stream

    # what a stream needs of it
    @property
    def guards(self) -> Sequence[Guard]:
        return self._guards

    @property
    def desk(self) -> Desk:
        return self._desk

    @property
    def endpoint(self) -> str:
        return self._endpoint

    def check(self, guard: Guard) -> TextCheck:
        return TextCheck(guard, self._placeholders)

    async def judge(self, guard: Guard, texts: Sequence[str]) -> None:
        """As ``Desk.run`` runs it."""
        await self._desk.run(guard, ON, partial(self._judged, guard, texts))

    async def hold_to(self, guard: Guard, answers: Sequence[str]) -> None:
        await self._desk.run(guard, ON, partial(self._held_to, guard, answers))


class _Stream:
    """The texts go through the guardrails that find, and the frames through the gate that waits for the others."""

    def __init__(self, screen: ReplyScreen) -> None:
        self._screen = screen
        self._checks: list[tuple[Guard, TextCheck]] = []
        self._heard: list[Heard] = []
        self._gate = Gate(screen, [one for one in screen.guards if one.kind not in FINDING])
        self._began = screen.desk.clock()
        self._editor: StreamEditor | None = None
        self._ready = False
        self._blocks = False

    async def _begin(self) -> None:
        """Guardrails that cannot be used fail now; the others go into the pipes."""
        self._ready = True
        for guard in self._screen.guards:
            if guard.kind in FINDING and not guard.broken:
                self._checks.append((guard, self._screen.check(guard)))
            elif guard.broken:
                await self._screen.desk.run(guard, ON, _nothing)
        self._blocks = any(check.blocks for _, check in self._checks)
        self._editor = StreamEditor(
            self._screen.endpoint,
            self._pipe,
            self._written,
            sealed=True,
            passes=not self._checks,
            quiet=any(guard.changes or guard.blocks for guard, _ in self._checks),
            heard=self._heard if self._gate.waits else None,
        )

    def _pipe(self, json: bool) -> Pipe:
        return Chain(*(Guarded(check.pipe(json=json), self._fails(guard)) for guard, check in self._checks))

    def _fails(self, guard: Guard) -> Callable[[Exception], None]:
        return lambda error: self._screen.desk.failed(guard, ON, error, self._began)

    def _written(self, text: str, json: bool) -> str:
        for guard, check in self._checks:
            new = check.scanner(json=json).feed_all(text)
            text = new if guard.changes else text
        return text

    async def feed(self, piece: bytes) -> bytes:
        if not self._ready:
            await self._begin()
        assert self._editor is not None
        if self._blocks:
            return await self._through(await asyncio.to_thread(self._editor.feed, piece))
        return await self._through(self._editor.feed(piece))

    async def finish(self) -> bytes:
        if not self._ready:
            await self._begin()
        assert self._editor is not None
        rest = await asyncio.to_thread(self._editor.finish) if self._blocks else self._editor.finish()
        out = await self._through(rest)
        out += await self._gate.finish()
        self._report()
        return out

    async def _through(self, frames: bytes) -> bytes:
        for guard, check in self._checks:
            if guard.blocks and check.tally:
                check.report(self._screen.desk, ON, began=self._began)
        heard = self._heard[:]
        self._heard.clear()
        return await self._gate.through(frames, heard)

    def _report(self) -> None:
        for _, check in self._checks:
            check.report(self._screen.desk, ON, began=self._began)


async def _nothing() -> None:
    return None
