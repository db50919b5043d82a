"""OpenAI chat completions, and what calls itself so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.recorded.expected import Counted, Expected, Said, Tool
from tests.recorded.oracles.framing import sse


def read(body: bytes, *, stream: bool) -> Expected:
    if stream and not body.lstrip().startswith(b"{"):
        return _streamed(body)
    return whole(json.loads(body))


def whole(answer: Mapping[str, Any]) -> Expected:
    expected = Expected()
    if not answer.get("choices"):
        expected.failed = bool(answer.get("error"))
        return expected
    for position, choice in enumerate(answer["choices"]):
        said = expected.choice(choice.get("index") if isinstance(choice.get("index"), int) else position)
        message = choice.get("message") or {}
        _add(said, message)
        said.finish = choice.get("finish_reason")
        for call in message.get("tool_calls") or ():
            if call.get("id") or (call.get("function") or {}).get("name"):  # Snowflake fills what is empty with ""
                _start(said, call)
        if (message.get("function_call") or {}).get("name"):
            _start(said, {"id": "", "function": message["function_call"]})
    expected.usage = counted(answer.get("usage"))
    return expected


def _streamed(body: bytes) -> Expected:
    expected, ended = Expected(), False
    places: dict[tuple[int, Any], Tool] = {}
    for name, data in sse(body):
        if data.strip() == "[DONE]":
            ended = True
            continue
        chunk = json.loads(data)
        if name == "error" or (chunk.get("error") and not chunk.get("choices")):
            expected.failed = True
            break
        _chunk(expected, chunk, places)
        if any(isinstance(one, dict) and one.get("error") for one in chunk.get("choices") or ()) or chunk.get("error"):
            expected.failed = True
    finishes = [said.finish for said in expected.choices.values()]
    expected.cut = not ended and not any(finishes)
    return expected


def _chunk(expected: Expected, chunk: Mapping[str, Any], places: dict[tuple[int, Any], Tool]) -> None:
    usage = chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage")
    if usage:
        expected.usage = counted(usage) or expected.usage
    for choice in chunk.get("choices") or ():
        index = choice.get("index") or 0
        said, delta = expected.choice(index), choice.get("delta") or {}
        _add(said, delta)
        said.finish = choice.get("finish_reason") or said.finish
        for call in delta.get("tool_calls") or ():
            _piece(said, index, call, places)
        if delta.get("function_call"):
            _piece(said, index, {"index": "legacy", "function": delta["function_call"]}, places)


def _piece(said: Said, choice: int, call: Mapping[str, Any], places: dict[tuple[int, Any], Tool]) -> None:
    """A piece of a call: of the one at its index, unless it brings a new id."""
    place = (choice, call.get("index", 0))
    tool, id = places.get(place), call.get("id") or ""
    if tool is None or (id and tool.id and id != tool.id):
        places[place] = _start(said, call)
        return
    function = call.get("function") or call.get("custom") or {}
    tool.arguments += _text(function.get("arguments") or function.get("input"))
    tool.name = tool.name or function.get("name") or ""


def _start(said: Said, call: Mapping[str, Any]) -> Tool:
    function = call.get("function") or call.get("custom") or {}
    arguments = _text(function.get("arguments") or function.get("input"))
    tool = Tool(call.get("id") or "", function.get("name") or "", arguments)
    said.tools.append(tool)
    return tool


def _text(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else "" if arguments is None else json.dumps(arguments)


def _add(said: Said, message: Mapping[str, Any]) -> None:
    content = message.get("content")
    if isinstance(content, str):
        said.text += content
    for part in content if isinstance(content, list) else ():
        if part.get("type") == "text":
            said.text += part.get("text") or ""
        elif part.get("type") == "thinking":
            thought = part.get("thinking")
            said.reasoning += thought if isinstance(thought, str) else "".join(one.get("text", "") for one in thought)
    said.refusal += message.get("refusal") or ""
    thoughts = (message.get(name) for name in ("reasoning_content", "reasoning", "reasoning_text", "thinking"))
    plain: str = next((one for one in thoughts if isinstance(one, str) and one), "")
    details: Any = message.get("reasoning_details")
    for detail in details if isinstance(details, list) and not plain else ():
        plain += detail.get("text") or detail.get("summary") or ""
    said.reasoning += plain


def counted(usage: Any) -> Counted | None:
    if not isinstance(usage, dict) or not isinstance(usage.get("prompt_tokens"), int):
        return None
    given, made = usage["prompt_tokens"], usage.get("completion_tokens") or 0
    thought = ((usage.get("completion_tokens_details") or {}).get("reasoning_tokens")) or usage.get(
        "reasoning_tokens", 0
    )
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or usage.get("prompt_cache_hit_tokens")
    if thought and usage.get("total_tokens") == given + made + thought:
        made += thought
    return Counted(given, made, min(cached or 0, given), thought or 0)
