"""What the simulation says: a Call in, the canonical events of its reply out. No time passes here."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace

from providers.canonical import (
    Call,
    Event,
    Finish,
    Finished,
    Image,
    Message,
    Part,
    ReasoningDelta,
    Started,
    Text,
    TextDelta,
    Tool,
    ToolCall,
    ToolCallDelta,
    ToolCallStarted,
    ToolResult,
    Usage,
    UsageReported,
)
from providers.demo.schema import Unsatisfiable, example
from providers.errors import RequestRejected

LABEL = "This is a simulation; no model was asked."
MAX_ECHO_WORDS = 200
MAX_CHOICES = 8
MAX_PARALLEL_TOOLS = 8
IMAGE_UNITS = 85
UNIT = re.compile(r"\w+|[^\w\s]")
WORD = re.compile(r"\s*\S+\s*?")


def count(text: str) -> int:
    """Usage of a text: one unit for each word and for each punctuation mark."""
    return sum(1 for _ in UNIT.finditer(text))


def reply_events(call: Call, *, created: int) -> Iterator[Event]:
    """The events of the reply. Raises ``RequestRejected`` before the first one for what cannot be answered."""
    times = 1 if call.n is None else call.n
    if not 1 <= times <= MAX_CHOICES:
        raise RequestRejected(f"n must be between 1 and {MAX_CHOICES}.", param="n")
    choice = list(_choice(call))
    output, reasoning = _output(choice)
    usage = Usage(input=_input(call), output=output * times, reasoning=reasoning * times)
    return _all_events(call, choice, times, usage, created)


def _all_events(call: Call, choice: list[Event], times: int, usage: Usage, created: int) -> Iterator[Event]:
    yield Started(id=f"chatcmpl-demo-{secrets.token_hex(8)}", model=call.model, created=created)
    for index in range(times):
        for event in choice:
            yield _at(event, index)
    yield UsageReported(usage=usage)


def _at(event: Event, index: int) -> Event:
    if isinstance(event, ToolCallStarted):
        return replace(event, choice=index, id=f"call_{secrets.token_hex(12)}")
    if isinstance(event, TextDelta | ReasoningDelta | ToolCallDelta | Finished):
        return replace(event, choice=index)
    return event


def _choice(call: Call) -> Iterator[Event]:
    tools = _tools_to_call(call)
    part = 0
    if call.model == "demo-reasoning":
        thought = "The user wrote something. It is echoed, because this is a simulation."
        yield from (ReasoningDelta(text=word, part=part) for word in WORD.findall(thought))
        part += 1
    if tools:
        for tool in tools:
            yield ToolCallStarted(id="", name=tool.name, part=part)
            yield ToolCallDelta(arguments=_arguments(tool), part=part)
            part += 1
        yield Finished(finish=Finish.TOOL_CALLS, raw="tool_calls")
        return
    words, cut = _within(WORD.findall(_stopped(_text(call), call.stop)), call.max_output)
    yield from (TextDelta(text=word, part=part) for word in words)
    yield Finished(finish=Finish.LENGTH if cut else Finish.STOP, raw="length" if cut else "stop")


# --- tools -------------------------------------------------------------------------------------


def _tools_to_call(call: Call) -> list[Tool]:
    """Required and named choices are always called; else a tool is called once, until its result is there."""
    tools = [tool for tool in call.tools if isinstance(tool, Tool)]
    mode = call.tool_choice.mode if call.tool_choice else "auto"
    if mode == "named":
        named = [tool for tool in tools if call.tool_choice and tool.name == call.tool_choice.name]
        if not named:
            raise RequestRejected("tool_choice names a tool that is not in tools.", param="tool_choice")
        return named
    if mode == "required" and not tools:
        raise RequestRejected("tool_choice is required, but there is no function in tools.", param="tool_choice")
    if not tools or mode == "none" or (mode == "auto" and _results(call)):
        return []
    if call.model == "demo-tools" and call.parallel_tool_calls is not False:
        return tools[:MAX_PARALLEL_TOOLS]
    said = _said(call)
    return [next((tool for tool in tools if tool.name in said), tools[0])]


def _arguments(tool: Tool) -> str:
    try:
        made = example({"type": "object", **(tool.parameters or {})})
    except Unsatisfiable as error:
        raise RequestRejected(f"Invalid schema for function {tool.name!r}: {error}", param="tools") from None
    return json.dumps(made, ensure_ascii=False)


def _results(call: Call) -> list[ToolResult]:
    """The tool results that came after the last thing the assistant said."""
    found: list[ToolResult] = []
    for message in reversed(call.messages):
        if message.role == "assistant":
            break
        found[:0] = [part for part in message.parts if isinstance(part, ToolResult)]
    return found


# --- text --------------------------------------------------------------------------------------


def _text(call: Call) -> str:
    output = call.output_format
    if output is not None and output.kind == "json_schema":
        try:
            return json.dumps(example(True if output.schema is None else output.schema), ensure_ascii=False)
        except Unsatisfiable as error:
            raise RequestRejected(f"Invalid schema for response_format: {error}", param="response_format") from None
    if output is not None and output.kind == "json_object":
        return json.dumps({"simulation": True, "you_said": _echo(call)}, ensure_ascii=False)
    results = _results(call)
    if results:
        names = _call_names(call)
        told = [f"{names.get(one.call_id, 'the tool')} returned: {_short(_plain(one.parts))}" for one in results]
        return f"{LABEL} {'; '.join(told)}"
    return f"{LABEL} You said: {_echo(call)}{_images(call)}"


def _echo(call: Call) -> str:
    return _short(_said(call)) or "nothing"


def _said(call: Call) -> str:
    message = _last_user(call)
    return _plain(message.parts).strip() if message else ""


def _images(call: Call) -> str:
    message = _last_user(call)
    images = [part for part in message.parts if isinstance(part, Image)] if message else []
    if not images:
        return ""
    kinds = ", ".join(image.media_type or "by URL" for image in images)
    return f" You also sent {len(images)} image{'s' if len(images) > 1 else ''} ({kinds}); the simulation cannot see."


def _last_user(call: Call) -> Message | None:
    return next((message for message in reversed(call.messages) if message.role == "user"), None)


def _plain(parts: tuple[Part, ...]) -> str:
    return " ".join(part.text for part in parts if isinstance(part, Text))


def _short(text: str) -> str:
    words = text.split(" ", MAX_ECHO_WORDS)
    if len(words) > MAX_ECHO_WORDS:
        words[-1] = "…"
    return " ".join(words)[: MAX_ECHO_WORDS * 20]


def _call_names(call: Call) -> dict[str, str]:
    return {part.id: part.name for message in call.messages for part in message.parts if isinstance(part, ToolCall)}


def _stopped(text: str, stop: tuple[str, ...]) -> str:
    places = [text.find(word) for word in stop if word and word in text]
    return text[: min(places)] if places else text


def _within(words: list[str], limit: int | None) -> tuple[list[str], bool]:
    """The words that fit into ``limit`` units, and whether any did not."""
    if limit is None:
        return words, False
    spent = 0
    for index, word in enumerate(words):
        spent += count(word)
        if spent > limit:
            return words[:index], True
    return words, False


# --- usage -------------------------------------------------------------------------------------


def _input(call: Call) -> int:
    parts = sum(_units(part) for message in call.messages for part in message.parts)
    tools = sum(count(f"{tool.name} {tool.description or ''}") for tool in call.tools if isinstance(tool, Tool))
    return parts + tools


def _units(part: Part) -> int:
    match part:
        case Text(text=text):
            return count(text)
        case Image():
            return IMAGE_UNITS
        case ToolCall(name=name, arguments=arguments):
            return count(name) + count(arguments)
        case ToolResult(parts=parts):
            return sum(_units(one) for one in parts)
        case _:
            return 0


def _output(events: list[Event]) -> tuple[int, int]:
    """Units produced in all, and of these the ones thought."""
    said = sum(count(event.text) for event in events if isinstance(event, TextDelta))
    thought = sum(count(event.text) for event in events if isinstance(event, ReasoningDelta))
    calls = sum(count(event.name) for event in events if isinstance(event, ToolCallStarted))
    arguments = sum(count(event.arguments) for event in events if isinstance(event, ToolCallDelta))
    return said + thought + calls + arguments, thought
