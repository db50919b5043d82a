"""Ollama's own chat and generate."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.recorded.expected import Counted, Expected, Said, Tool
from tests.recorded.oracles.framing import lines


def read(body: bytes, *, stream: bool) -> Expected:
    expected = Expected()
    said = expected.choice()
    for answer in lines(body) if stream else [json.loads(body)]:
        if answer.get("error"):
            expected.failed = True
            break
        _add(said, answer)
        if answer.get("done"):
            said.finish = answer.get("done_reason") or "stop"
            expected.usage = counted(answer)
    expected.cut = said.finish is None and not expected.failed
    return expected


def _add(said: Said, answer: Mapping[str, Any]) -> None:
    message = answer.get("message") or {"content": answer.get("response"), "thinking": answer.get("thinking")}
    said.text += message.get("content") or ""
    said.reasoning += message.get("thinking") or ""
    for call in message.get("tool_calls") or ():
        function = call["function"]
        said.tools.append(Tool(call.get("id") or "", function["name"], json.dumps(function.get("arguments") or {})))


def counted(answer: Mapping[str, Any]) -> Counted | None:
    """Nothing where the input is not told (it was cached): half a count is none."""
    if "eval_count" not in answer or "prompt_eval_count" not in answer:
        return None
    return Counted(answer["prompt_eval_count"], answer["eval_count"])
