"""Cloudflare Workers AI behind its envelope."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.recorded.expected import Expected, Tool
from tests.recorded.oracles import openai
from tests.recorded.oracles.framing import sse_objects


def read(body: bytes, *, stream: bool) -> Expected:
    if not stream or body.lstrip().startswith(b"{"):
        return _whole(json.loads(body))
    expected, answers = Expected(), [event for _, event in sse_objects(body)]
    if any(answer.get("choices") for answer in answers):
        return openai.read(body, stream=True)
    for answer in answers:
        _add(expected, answer)
    expected.cut = b"[DONE]" not in body
    return expected


def _whole(envelope: Mapping[str, Any]) -> Expected:
    expected, result = Expected(), envelope.get("result") or {}
    if not envelope.get("success"):
        expected.failed = True
        return expected
    if result.get("choices"):
        return openai.whole(result)
    _add(expected, result)
    return expected


def _add(expected: Expected, answer: Mapping[str, Any]) -> None:
    said, response = expected.choice(), answer.get("response")
    said.text += (
        response
        if isinstance(response, str)
        else ""
        if response is None
        else json.dumps(response, separators=(",", ":"))
    )
    for call in answer.get("tool_calls") or ():
        function = call.get("function") or call
        arguments = function["arguments"]
        written = arguments if isinstance(arguments, str) else json.dumps(arguments)
        said.tools.append(Tool(call.get("id") or "", function["name"], written))
    expected.usage = openai.counted(answer.get("usage")) or expected.usage
