"""Trying a guardrail on a text: through the same code as a call, with nothing sent, stored or logged. Only a guardrail
that asks a model cannot be tried here: that would be a call of its own, with a bill."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import async_to_sync

from gateway.errors import GuardrailBlocked, GuardrailFailed
from gateway.exchange import Verdict
from gateway.guardrails.compiled import Guard
from gateway.guardrails.screen import Screen
from gateway.guardrails.settings import Broken, actions_of, read_settings
from gateway.models import Guardrail
from gateway.operations.chat import Chat
from providers.errors import SwitchboardError

MOST_TEXT = 100_000  # characters: a form's worth, so that a page does not keep a process busy
SIDES = ("request", "reply")
ANY_MODEL = "any-model"
OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """``ended``: "passed", "changed", "blocked", "failed" or "impossible"; ``why`` says more where it did not pass.
    ``result``: the text as it went on. Neither it nor ``why`` is in the repr."""

    ended: str
    why: str = field(default="", repr=False)
    result: str = field(default="", repr=False)
    verdicts: tuple[Verdict, ...] = ()
    us: int = 0


def tried(row: Guardrail, text: str, *, side: str) -> Trial:
    """What the row, saved as it is and as if it were not in shadow, says of ``text`` in a request or a reply. For
    allowed models the text is the name of the model."""
    if len(text) > MOST_TEXT:
        return Trial(ended="impossible", why=f"At most {MOST_TEXT:,} characters.")
    try:
        guard = _guard(row, side)
    except Broken as error:
        return Trial(ended="impossible", why=f"Its settings cannot be used. {error}")
    if getattr(guard.settings, "classifier", OFFLINE) != OFFLINE:
        return Trial(
            ended="impossible", why="It asks a model, which would be a call with a bill. Send a request to try it."
        )
    began = time.perf_counter()
    ended, why, result, verdicts = async_to_sync(_screened)(guard, text, side)
    us = int((time.perf_counter() - began) * 1e6)
    return Trial(ended=ended, why=why, result=result, verdicts=tuple(verdicts), us=us)


def _guard(row: Guardrail, side: str) -> Guard:
    """Raises ``Broken``."""
    if row.action not in actions_of(row.kind):
        raise Broken([f"A guardrail of this kind cannot {row.action}."])
    return Guard(
        id=row.pk, name=row.name, kind=row.kind, action=row.action, on_requests=side == "request",
        on_replies=side == "reply", closed=True, timeout=row.timeout, settings=read_settings(row.kind, row.settings),
    )  # fmt: skip


async def _screened(guard: Guard, text: str, side: str) -> tuple[str, str, str, list[Verdict]]:
    asked = text if side == "request" and guard.kind != "models" else "hello"
    body = {
        "model": text.strip() if guard.kind == "models" else ANY_MODEL,
        "messages": [{"role": "user", "content": asked}],
    }
    content = json.dumps(body).encode()
    try:
        screen = Screen((guard,), Chat(body, wire_name="openai"), content=content)
        operation: Any = await screen.asked()
        reply = screen.reply() if side == "reply" else None
        result = _asked(operation) if side == "request" else text
        if reply is not None:
            result = _answered(await reply.whole(_reply(text)))
    except GuardrailBlocked as error:
        return "blocked", error.message, "", _said(screen)
    except GuardrailFailed as error:
        return "failed", error.message, "", _said(screen)
    except SwitchboardError as error:
        return "impossible", error.message, "", []
    changed = result != (text if side == "reply" else asked)
    return "changed" if changed else "passed", "", result, _said(screen)


def _said(screen: Screen) -> list[Verdict]:
    return list(screen.verdicts)


def _asked(operation: Any) -> str:
    message = operation.body["messages"][-1]["content"]
    return message if isinstance(message, str) else json.dumps(message, ensure_ascii=False)


def _reply(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    whole = {"id": "trial", "object": "chat.completion", "created": 0, "model": ANY_MODEL, "choices": [choice]}
    return json.dumps(whole).encode()


def _answered(body: bytes) -> str:
    try:
        return str(json.loads(body)["choices"][0]["message"]["content"])
    except (ValueError, KeyError, IndexError, TypeError):
        return body.decode("utf-8", "replace")
