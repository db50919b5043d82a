"""What the guardrails of one call do to what it asks, one after the other; for the reply there is reply.py."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import blake2b
from typing import Any

from gateway.exchange import Verdict
from gateway.guardrails.compiled import Guard
from gateway.guardrails.deciding import Desk
from gateway.guardrails.dialects import reply_shape, request_shape
from gateway.guardrails.fields import Fields, spoken, texts_of, walked
from gateway.guardrails.finding import TextCheck
from gateway.guardrails.judging import Classifiers, judged, offline_only, report
from gateway.guardrails.placeholders import Placeholders
from gateway.guardrails.reply import ReplyScreen
from gateway.guardrails.restore import Restorer
from gateway.guardrails.settings import FINDING, sides_of
from gateway.operations.base import Operation
from providers.wires.openai.codec import encode

ON = "request"
SESSION = "session_id"


class Screen:
    """Of one call. ``content``: its body as it came. ``classifiers``: a classifier by its name in the settings.
    ``verdicts`` grows with every check."""

    def __init__(
        self,
        guards: Sequence[Guard],
        operation: Operation,
        *,
        content: bytes,
        classifiers: Classifiers = offline_only,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.verdicts: list[Verdict] = []
        self._guards = guards
        self._operation = operation
        self._body: dict[str, Any] = _with_session(operation)
        self._content = content
        self._changed = False
        self._classifiers = classifiers
        self._desk = Desk(self.verdicts, clock)
        self._fields: Fields | None = None
        self._placeholders = Placeholders(partial(texts_of, self._body, operation.endpoint))

    async def asked(self) -> Operation:
        """The operation over what may go on. Raises ``GuardrailBlocked`` or ``GuardrailFailed``."""
        for guard in self._guards:
            if guard.on_requests and ON in sides_of(guard.kind) and not self._is_the_question(guard):
                await self._desk.run(guard, ON, partial(_CHECKS.get(guard.kind, Screen._text), self, guard))
        if self._changed:
            self._operation = self._operation.with_body(self._body)
        return self._operation

    @property
    def content(self) -> bytes:
        """The body as it may be kept: without what was taken out of it."""
        return encode(self._body) if self._changed else self._content

    def reply(self) -> ReplyScreen | None:
        """For one answer, where a guardrail checks it."""
        guards = [one for one in self._guards if one.on_replies and "reply" in sides_of(one.kind)]
        if not guards or reply_shape(self._operation.endpoint) is None:
            return None
        return ReplyScreen(
            guards,
            endpoint=self._operation.endpoint,
            placeholders=self._placeholders,
            classifiers=self._classifiers,
            desk=self._desk,
        )

    def restorer(self) -> Restorer | None:
        """For one answer, where a placeholder may have to become its value again."""
        if reply_shape(self._operation.endpoint) is None:
            return None
        later = any(one.on_replies and one.changes and one.action == "restore" for one in self._guards)
        if not (self._placeholders.values or later):
            return None
        return Restorer(self._placeholders, endpoint=self._operation.endpoint)

    @property
    def restores(self) -> int:
        """How many placeholders are to become their values again. More than before the reply came: some stand for what
        only this reply said."""
        return len(self._placeholders.values)

    def _is_the_question(self, guard: Guard) -> bool:
        """Who asks how bad a text is, may show it."""
        return self._operation.endpoint == "moderations" and guard.kind in ("safety", "toxicity")

    def safe_name(self, text: str) -> str:
        """A name that the app gave the call (its session), as the log row may show it: a hash where a guardrail that
        changes or blocks would find something in it, or cannot tell."""
        return _hashed(text) if any(self._minds(guard, text) for guard in self._guards) else text

    def _minds(self, guard: Guard, text: str) -> bool:
        if guard.kind not in FINDING or not guard.on_requests or not (guard.changes or guard.blocks):
            return False
        try:
            return guard.settings.blocks or bool(guard.settings.find(text))
        except Exception:
            return guard.closed

    # --- by kind -------------------------------------------------------------------------------------
    async def _text(self, guard: Guard) -> None:
        began = self._desk.clock()
        fields = self._read(guard, began)
        check = TextCheck(guard, self._placeholders)
        changed = await check.read(fields.found)
        check.report(self._desk, ON, began=began)
        if changed and guard.changes:
            self._write(changed)

    def _read(self, guard: Guard, began: float) -> Fields:
        """The texts as the guardrails before this one left them."""
        if self._fields is None:
            self._fields = Fields()
            walked(self._body, request_shape(self._operation.endpoint), self._fields)
        if self._fields.numbers:
            self._desk.unread(guard, ON, began=began)
        return self._fields

    def _write(self, changed: dict[Any, str]) -> None:
        session = self._body.get(SESSION)
        self._body = walked(self._body, request_shape(self._operation.endpoint), Fields(changed))
        if session is not None and self._body.get(SESSION) != session:
            # Two conversations must not become one: what tells them apart stays, unreadable.
            self._body[SESSION] = _hashed(str(session))
        self._changed, self._fields = True, None

    async def _judge(self, guard: Guard) -> None:
        began = self._desk.clock()
        self._read(guard, began)
        said = await judged(guard, self._classifiers, spoken(self._body, self._operation.endpoint))
        if said is not None:
            report(self._desk, guard, ON, said, began=began)

    async def _size(self, guard: Guard) -> None:
        began = self._desk.clock()
        messages = self._body.get("messages")
        passed = guard.settings.passed(
            units=self._operation.traits(len(self._content)).input,
            bytes=len(self._content),
            messages=len(messages) if isinstance(messages, list) else 0,
        )
        if passed:
            self._told(guard, passed, f"is larger than it allows ({', '.join(passed)})", began)

    async def _model(self, guard: Guard) -> None:
        began = self._desk.clock()
        asked = (self._operation.model, *self._operation.beside)
        if not all(map(guard.settings.allow, asked)):
            self._told(guard, ("model",), "asks for a model that is not among those it allows", began)

    def _told(self, guard: Guard, passed: Iterable[str], why: str, began: float) -> None:
        self._desk.passed(guard, ON, why=why, what=",".join(f"{one}:1" for one in passed), began=began)


_CHECKS: dict[str, Callable[[Screen, Guard], Any]] = {
    **dict.fromkeys(FINDING, Screen._text),
    "safety": Screen._judge,
    "toxicity": Screen._judge,
    "size": Screen._size,
    "models": Screen._model,
}


def _hashed(name: str) -> str:
    return blake2b(name.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _with_session(operation: Operation) -> dict[str, Any]:
    """The app's body, with the session that the operation took out of it."""
    return {**operation.body, SESSION: operation.session_id} if operation.session_id else operation.body
