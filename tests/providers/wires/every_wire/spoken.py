"""What each vendor says when it thinks and then calls two tools, whole and streamed, by hand after what they send."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from providers.canonical import Event, Reply
from providers.wires import wire
from providers.wires.base import fold
from tests.golden.aws_frames import event
from tests.providers.wires import responses_cast
from tests.providers.wires.every_wire.cast import PLACES, Json, Place

CLAUDE_SIGNATURE = "EqQBCkYIBRgCKkBzaWduYXR1cmU="
SEALED = "gAAAAABsealedthought"
GOOGLES = "CiQBjz1rXnNpZ25hdHVyZQ=="
DETAIL_SIGNATURE = "sigOpenRouter=="


class Spoken(NamedTuple):
    """``kept``: what the vendor must get back unchanged."""

    place: Place
    whole: bytes
    stream: bytes
    kept: tuple[str, ...]

    def told(self, *, streamed: bool) -> tuple[list[Event], Reply]:
        """The events of the stream, and the reply: folded from them or read as a whole."""
        found, target = wire(self.place.wire), self.place.target
        reader = found.stream_reader(target)
        events = [*reader.feed(self.stream), *reader.close()]
        return events, fold(events) if streamed else found.read_reply(self.whole, target)


def sse(frames: Iterable[Json], *, named: bool = False, done: bool = False) -> bytes:
    lines = [(f"event: {frame['type']}\n" if named else "") + f"data: {json.dumps(frame)}\n\n" for frame in frames]
    return ("".join(lines) + ("data: [DONE]\n\n" if done else "")).encode()


# --- Anthropic -----------------------------------------------------------------------------------

CLAUDE_BLOCKS: list[Json] = [
    {"type": "thinking", "thinking": "zqthought", "signature": CLAUDE_SIGNATURE},
    {"type": "redacted_thinking", "data": "RedactedBlob=="},
    {"type": "text", "text": "zqsaid"},
    {"type": "tool_use", "id": "toolu_zqa", "name": "zqlook", "input": {"zqfield": "zqone"}},
    {"type": "tool_use", "id": "toolu_zqb", "name": "zqstop", "input": {}},
]
_CLAUDE_HEAD: Json = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5"}
_CLAUDE_USAGE = {"input_tokens": 9, "output_tokens": 7}


def _claude_deltas(block: Json) -> tuple[Json, list[Json]]:
    match block["type"]:
        case "thinking":
            pieces = [{"type": "thinking_delta", "thinking": text} for text in ("zqth", "ought")]
            return {**block, "thinking": "", "signature": ""}, [
                *pieces,
                {"type": "signature_delta", "signature": block["signature"]},
            ]
        case "text":
            return {**block, "text": ""}, [{"type": "text_delta", "text": block["text"]}]
        case "tool_use":
            text = json.dumps(block["input"]) if block["input"] else ""
            return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": text}]
    return block, []


def _claude_stream() -> bytes:
    frames: list[Json] = [
        {
            "type": "message_start",
            "message": {**_CLAUDE_HEAD, "content": [], "usage": _CLAUDE_USAGE, "stop_reason": None},
        }
    ]
    for index, block in enumerate(CLAUDE_BLOCKS):
        bare, deltas = _claude_deltas(block)
        frames.append({"type": "content_block_start", "index": index, "content_block": bare})
        frames += [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        frames.append({"type": "content_block_stop", "index": index})
    frames.append({"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 7}})
    return sse([*frames, {"type": "message_stop"}], named=True)


_CLAUDE_WHOLE = {**_CLAUDE_HEAD, "content": CLAUDE_BLOCKS, "stop_reason": "tool_use", "usage": _CLAUDE_USAGE}
_CLAUDE_KEPT = (CLAUDE_SIGNATURE, "RedactedBlob==", "zqthought", "toolu_zqa", "toolu_zqb")

# --- Google --------------------------------------------------------------------------------------

_GEMINI_PARTS: list[Json] = [
    {"text": "zqthought", "thought": True},
    {"functionCall": {"name": "zqlook", "args": {"zqfield": "zqone"}}, "thoughtSignature": GOOGLES},
    {"functionCall": {"name": "zqstop", "args": {}}},
]
_GEMINI_USAGE = {"promptTokenCount": 9, "candidatesTokenCount": 4, "thoughtsTokenCount": 3, "totalTokenCount": 16}


def _gemini(parts: list[Json], *, last: bool = True) -> Json:
    ended = {"finishReason": "STOP"} if last else {}
    candidate = {"content": {"role": "model", "parts": parts}, "index": 0, **ended}
    head = {"responseId": "resp_g", "modelVersion": "gemini-3.8-flash"}
    return {"candidates": [candidate], "usageMetadata": _GEMINI_USAGE, **head}


# --- Bedrock -------------------------------------------------------------------------------------

_CONVERSE_BLOCKS: list[Json] = [
    {"reasoningContent": {"reasoningText": {"text": "zqthought", "signature": CLAUDE_SIGNATURE}}},
    {"text": "zqsaid"},
    {"toolUse": {"toolUseId": "tooluse_zqa", "name": "zqlook", "input": {"zqfield": "zqone"}}},
    {"toolUse": {"toolUseId": "tooluse_zqb", "name": "zqstop", "input": {}}},
]
_CONVERSE_USAGE = {"inputTokens": 9, "outputTokens": 7, "totalTokens": 16}
_CONVERSE_WHOLE = {
    "output": {"message": {"role": "assistant", "content": _CONVERSE_BLOCKS}},
    "stopReason": "tool_use",
    "usage": _CONVERSE_USAGE,
}


def _converse_delta(index: int, delta: Json) -> bytes:
    return event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})


def _converse_call(index: int, id: str, name: str, text: str) -> bytes:
    start = {"contentBlockIndex": index, "start": {"toolUse": {"toolUseId": id, "name": name}}}
    return event("contentBlockStart", start) + _converse_delta(index, {"toolUse": {"input": text}})


def _converse_stream() -> bytes:
    blocks = (
        _converse_delta(0, {"reasoningContent": {"text": "zqthought"}})
        + _converse_delta(0, {"reasoningContent": {"signature": CLAUDE_SIGNATURE}}),
        _converse_delta(1, {"text": "zqsaid"}),
        _converse_call(2, "tooluse_zqa", "zqlook", '{"zqfield":"zqone"}'),
        _converse_call(3, "tooluse_zqb", "zqstop", ""),
    )
    stops = (event("contentBlockStop", {"contentBlockIndex": index}) for index in range(len(blocks)))
    told = b"".join(part for pair in zip(blocks, stops, strict=True) for part in pair)
    end = event("messageStop", {"stopReason": "tool_use"}) + event("metadata", {"usage": _CONVERSE_USAGE})
    return event("messageStart", {"role": "assistant"}) + told + end


# --- Responses, Cohere, Ollama -------------------------------------------------------------------

_ITEMS = (
    {
        "id": "rs_zq",
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "zqthought"}],
        "encrypted_content": SEALED,
    },
    responses_cast.message("zqsaid"),
    responses_cast.call_of("zqlook", '{"zqfield":"zqone"}'),
    responses_cast.call_of("zqstop"),
)

_COHERE_CALLS: list[Json] = [
    {"id": "zqlook_0", "type": "function", "function": {"name": "zqlook", "arguments": '{"zqfield":"zqone"}'}},
    {"id": "zqstop_1", "type": "function", "function": {"name": "zqstop", "arguments": "{}"}},
]
_COHERE_USAGE = {"tokens": {"input_tokens": 9, "output_tokens": 7}}
_COHERE_WHOLE = {
    "id": "c1",
    "finish_reason": "TOOL_CALL",
    "message": {"role": "assistant", "tool_plan": "zqthought", "tool_calls": _COHERE_CALLS},
    "usage": _COHERE_USAGE,
}


def _cohere_stream() -> bytes:
    def told(kind: str, message: Json, **more: Any) -> Json:
        return {"type": kind, "delta": {"message": message}, **more}

    frames: list[Json] = [{"type": "message-start", "id": "c1", "delta": {"message": {"role": "assistant"}}}]
    frames += [told("tool-plan-delta", {"tool_plan": text}) for text in ("zqth", "ought")]
    for index, call in enumerate(_COHERE_CALLS):
        text = call["function"]["arguments"]
        begun = {**call, "function": {**call["function"], "arguments": ""}}
        frames += [
            told("tool-call-start", {"tool_calls": begun}, index=index),
            told("tool-call-delta", {"tool_calls": {"function": {"arguments": text}}}, index=index),
            {"type": "tool-call-end", "index": index},
        ]
    end: Json = {"type": "message-end", "delta": {"finish_reason": "TOOL_CALL", "usage": _COHERE_USAGE}}
    return sse([*frames, end], named=True)


_OLLAMA_HEAD = {"model": "llama3.3", "created_at": "2026-01-01T00:00:00Z"}
_OLLAMA_CALLS = [
    {"function": {"name": "zqlook", "arguments": {"zqfield": "zqone"}}},
    {"function": {"name": "zqstop", "arguments": {}}},
]
_OLLAMA_END = {"done": True, "done_reason": "stop", "prompt_eval_count": 9, "eval_count": 7}


def _ollama(message: Json, **more: Any) -> Json:
    return {**_OLLAMA_HEAD, "message": {"role": "assistant", "content": "", **message}, "done": False, **more}


def _ollama_stream() -> bytes:
    pieces: list[Json] = [
        {"thinking": "zqth"},
        {"thinking": "ought"},
        {"tool_calls": _OLLAMA_CALLS[:1]},
        {"tool_calls": _OLLAMA_CALLS[1:]},
    ]
    lines = [_ollama(piece) for piece in pieces] + [_ollama({}, **_OLLAMA_END)]
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


# --- OpenAI's chat, as others speak it -----------------------------------------------------------

_CHAT_CALLS = [
    {"id": "call_zqaaa", "type": "function", "function": {"name": "zqlook", "arguments": '{"zqfield":"zqone"}'}},
    {"id": "call_zqbbb", "type": "function", "function": {"name": "zqstop", "arguments": "{}"}},
]
_CHAT_HEAD = {"id": "chat_1", "created": 1, "model": "m"}
_CHAT_USAGE = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}


def _chat(beside: Json, calls: list[Json]) -> bytes:
    message = {"role": "assistant", "content": None, **beside, "tool_calls": calls}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    return json.dumps({**_CHAT_HEAD, "object": "chat.completion", "choices": [choice], "usage": _CHAT_USAGE}).encode()


def _chat_stream(beside: Iterable[Json], calls: list[Json]) -> bytes:
    deltas: list[Json] = [{"role": "assistant", "content": ""}, *beside]
    deltas += [{"tool_calls": [{"index": index, **call}]} for index, call in enumerate(calls)]
    head = {**_CHAT_HEAD, "object": "chat.completion.chunk"}
    frames: list[Json] = [
        {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas
    ]
    frames.append({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]})
    return sse([*frames, {**head, "choices": [], "usage": _CHAT_USAGE}], done=True)


_DETAILS: list[Json] = [
    {
        "type": "reasoning.text",
        "text": "zqthought",
        "signature": DETAIL_SIGNATURE,
        "format": "anthropic-claude-v1",
        "index": 0,
    },
    {"type": "reasoning.encrypted", "data": SEALED, "id": "rs_zq", "format": "openai-responses-v1", "index": 1},
]
_NINE = [{**call, "id": f"zqcall{at:03}"} for at, call in enumerate(_CHAT_CALLS)]
_THINKING = [{"type": "thinking", "thinking": [{"type": "text", "text": "zqthought"}]}]

SPOKEN: dict[str, Spoken] = {
    "anthropic": Spoken(PLACES["anthropic"], json.dumps(_CLAUDE_WHOLE).encode(), _claude_stream(), _CLAUDE_KEPT),
    "gemini": Spoken(
        PLACES["gemini"],
        json.dumps(_gemini(_GEMINI_PARTS)).encode(),
        sse([_gemini([part], last=part is _GEMINI_PARTS[-1]) for part in _GEMINI_PARTS]),
        (GOOGLES,),
    ),
    "bedrock_converse": Spoken(
        PLACES["bedrock_converse"],
        json.dumps(_CONVERSE_WHOLE).encode(),
        _converse_stream(),
        (CLAUDE_SIGNATURE, "zqthought", "tooluse_zqa", "tooluse_zqb"),
    ),
    "responses": Spoken(
        PLACES["responses"],
        json.dumps(responses_cast.response(*_ITEMS)).encode(),
        responses_cast.stream(*_ITEMS),
        (SEALED, "rs_zq", "zqthought", "call_zqlook", "call_zqstop"),
    ),
    "cohere": Spoken(
        PLACES["cohere"], json.dumps(_COHERE_WHOLE).encode(), _cohere_stream(), ("zqthought", "zqlook_0", "zqstop_1")
    ),
    "ollama": Spoken(
        PLACES["ollama"],
        json.dumps(_ollama({"thinking": "zqthought", "tool_calls": _OLLAMA_CALLS}, **_OLLAMA_END)).encode(),
        _ollama_stream(),
        ("zqthought",),
    ),
    "deepseek": Spoken(
        PLACES["deepseek"],
        _chat({"reasoning_content": "zqthought"}, _CHAT_CALLS),
        _chat_stream([{"reasoning_content": "zqth"}, {"reasoning_content": "ought"}], _CHAT_CALLS),
        ("zqthought", "call_zqaaa", "call_zqbbb"),
    ),
    "openrouter": Spoken(
        PLACES["openrouter"],
        _chat({"reasoning": "zqthought", "reasoning_details": _DETAILS}, _CHAT_CALLS),
        _chat_stream(
            [
                {"reasoning": "zqthought", "reasoning_details": [one]}
                if one is _DETAILS[0]
                else {"reasoning_details": [one]}
                for one in _DETAILS
            ],
            _CHAT_CALLS,
        ),
        (DETAIL_SIGNATURE, SEALED, "rs_zq", "zqthought", "call_zqaaa", "call_zqbbb"),
    ),
    "mistral": Spoken(
        PLACES["mistral"],
        _chat({"content": [*_THINKING, {"type": "text", "text": "zqsaid"}]}, _NINE),
        _chat_stream([{"content": _THINKING}, {"content": "zqsaid"}], _NINE),
        ("zqthought", "zqcall000", "zqcall001"),
    ),
}
