"""What these tests share: a finder whose doings are plain to see, guards, and operations of every endpoint."""

from __future__ import annotations

import re
from typing import Any

from gateway.guardrails.compiled import Guard
from gateway.guardrails.detect.entities import Entity, Finding
from gateway.guardrails.finders import Finder
from gateway.guardrails.screen import Screen
from gateway.operations.base import Operation
from gateway.operations.chat import Chat
from gateway.operations.completions import Completions
from gateway.operations.count_tokens import CountTokens
from gateway.operations.embeddings import Embeddings
from gateway.operations.moderations import Moderations
from gateway.operations.rerank import Rerank

EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")
BLOCK = re.compile(r"<<[^>]*>>", re.DOTALL)  # spans lines, as a private key does
NUMBER = re.compile(r"(?<!\d)\d{12}(?!\d)")
_OPEN = re.compile(r"(?:<?<[^>]*>?|[\w.+@-]+)\Z", re.DOTALL)


def find(text: str) -> list[Finding]:
    found = [
        Finding(match.start(), match.end(), entity)
        for pattern, entity in ((EMAIL, Entity.EMAIL), (BLOCK, Entity.SECRET), (NUMBER, Entity.CARD))
        for match in pattern.finditer(text)
    ]
    kept: list[Finding] = []
    for one in sorted(found):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def open_tail(text: str) -> int:
    begin = text.rfind("<<")
    if begin >= 0 and ">>" not in text[begin:]:
        return len(text) - begin
    match = _OPEN.search(text, max(0, len(text) - 80))
    return len(text) - match.start() if match else 0


FINDER = Finder(find, open_tail, 200)


def guard(**more: Any) -> Guard:
    usual: dict[str, Any] = {
        "id": 1,
        "name": "no personal data",
        "kind": "pii",
        "action": "restore",
        "settings": FINDER,
    }
    return Guard(**{**usual, **more})


def operation(endpoint: str, body: dict[str, Any]) -> Operation:
    body = {"model": "m1", **body}
    match endpoint:
        case "chat.completions":
            return Chat(body, wire_name="openai")
        case "messages":
            return Chat(body, wire_name="anthropic", endpoint="messages")
        case "messages.count_tokens":
            return CountTokens(body)
        case "completions":
            return Completions(body)
        case "embeddings":
            return Embeddings(body)
        case "moderations":
            return Moderations(body)
        case "rerank":
            return Rerank(body)
    raise AssertionError(endpoint)


def screen(endpoint: str, body: dict[str, Any], *guards: Guard, **more: Any) -> Screen:
    content = more.pop("content", b"{}")
    return Screen(guards or (guard(),), operation(endpoint, body), content=content, **more)


def asked(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}]}
