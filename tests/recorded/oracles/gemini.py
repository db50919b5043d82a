"""Gemini generateContent: one object, an array of them, or server-sent ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.recorded.expected import Counted, Expected, Said, Tool
from tests.recorded.oracles.framing import sse_objects


def read(body: bytes, *, stream: bool) -> Expected:
    start = body.lstrip()[:1]
    if start == b"[":
        return _joined(json.loads(body))
    if start == b"{":
        return _joined([json.loads(body)])
    return _joined([event for _, event in sse_objects(body)])


def _joined(answers: list[Mapping[str, Any]]) -> Expected:
    expected = Expected()
    for answer in answers:
        if answer.get("error"):
            expected.failed = True
        for candidate in answer.get("candidates") or ():
            said = expected.choice(candidate.get("index") or 0)
            for part in (candidate.get("content") or {}).get("parts") or ():
                _add(said, part)
            said.finish = candidate.get("finishReason") or said.finish
        if (answer.get("promptFeedback") or {}).get("blockReason"):
            expected.choice().finish = "BLOCKED"
        if answer.get("usageMetadata"):
            expected.usage = counted(answer["usageMetadata"]) or expected.usage
    expected.cut = not expected.failed and not any(said.finish for said in expected.choices.values())
    return expected


def _add(said: Said, part: Mapping[str, Any]) -> None:
    if part.get("functionCall"):
        call = part["functionCall"]
        said.tools.append(Tool(call.get("id") or "", call["name"], json.dumps(call.get("args") or {})))
    elif part.get("thought"):
        said.reasoning += part.get("text") or ""
    else:
        said.text += part.get("text") or ""


def counted(usage: Mapping[str, Any]) -> Counted | None:
    if "promptTokenCount" not in usage and "candidatesTokenCount" not in usage:
        return None
    thought = usage.get("thoughtsTokenCount") or 0
    given = (usage.get("promptTokenCount") or 0) + (usage.get("toolUsePromptTokenCount") or 0)
    made = (usage.get("candidatesTokenCount") or 0) + thought
    return Counted(given, made, usage.get("cachedContentTokenCount") or 0, thought)
