"""Bodies as vendors write them: OpenAI chat completions and Anthropic messages, whole and in frames.

Written by hand from the vendors' documentation and not with Switchboard's own wires, which it is to test.
"""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar, Protocol

from tests.fake_vendor.answers import Answer


class Dialect(Protocol):
    def whole(self, answer: Answer, asked: dict[str, Any]) -> bytes: ...
    def frames(self, answer: Answer, asked: dict[str, Any]) -> list[bytes]: ...
    def error(self, status: int) -> bytes: ...
    def error_event(self) -> bytes:
        """What breaks a stream off."""
        ...


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+", text)


def _cut(text: str) -> list[str]:
    return [text[at : at + 7] for at in range(0, len(text), 7)]


class OpenAI:
    """https://platform.openai.com/docs/api-reference/chat"""

    ERRORS: ClassVar = {
        400: ("Invalid request.", "invalid_request_error", None),
        401: ("Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
        402: ("You exceeded your current quota.", "insufficient_quota", "insufficient_quota"),
        403: ("Project does not have access to model.", "invalid_request_error", "model_not_found"),
        404: ("The model does not exist.", "invalid_request_error", "model_not_found"),
        429: ("Rate limit reached.", "tokens", "rate_limit_exceeded"),
        500: ("The server had an error.", "server_error", None),
        503: ("The engine is overloaded.", "server_error", None),
    }

    def error(self, status: int) -> bytes:
        message, kind, code = self.ERRORS.get(status, (f"Status {status}.", "server_error", None))
        return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code}}).encode()

    def error_event(self) -> bytes:
        return b"data: " + self.error(500) + b"\n\n"

    def whole(self, answer: Answer, asked: dict[str, Any]) -> bytes:
        text = None if answer.tools else answer.text
        message: dict[str, Any] = {"role": "assistant", "content": text, "refusal": None}
        if answer.reasoning:
            message["reasoning_content"] = answer.reasoning
        if answer.tools:
            message["tool_calls"] = [self._tool(index, *tool) for index, tool in enumerate(answer.tools)]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._finish(answer)}
        body = {**self._base("chat.completion", asked), "choices": [choice]}
        if answer.usage:
            body["usage"] = self._usage(answer.usage)
        return json.dumps(body).encode()

    def frames(self, answer: Answer, asked: dict[str, Any]) -> list[bytes]:
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"reasoning_content": word} for word in _words(answer.reasoning)]
        for index, (name, arguments) in enumerate(answer.tools):
            deltas.append({"tool_calls": [{"index": index, **self._tool(index, name, "")}]})
            deltas += [
                {"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in _cut(arguments)
            ]
        deltas += [] if answer.tools else [{"content": word} for word in _words(answer.text)]
        choices: list[list[Any]] = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
        choices.append([{"index": 0, "delta": {}, "finish_reason": self._finish(answer)}])
        base = self._base("chat.completion.chunk", asked)
        chunks = [{**base, "choices": one} for one in choices]
        if answer.usage and (asked.get("stream_options") or {}).get("include_usage"):
            chunks.append({**base, "choices": [], "usage": self._usage(answer.usage)})
        frames = [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks]
        return [*frames, b"data: [DONE]\n\n"] if answer.terminated else frames

    def _base(self, kind: str, asked: dict[str, Any]) -> dict[str, Any]:
        return {"id": "chatcmpl-fake1", "object": kind, "created": 1735689600, "model": asked.get("model", "fake")}

    def _tool(self, index: int, name: str, arguments: str) -> dict[str, Any]:
        return {"id": f"call_{index}", "type": "function", "function": {"name": name, "arguments": arguments}}

    def _finish(self, answer: Answer) -> str:
        return "tool_calls" if answer.tools else "stop"

    def _usage(self, usage: tuple[int, int]) -> dict[str, int]:
        return {"prompt_tokens": usage[0], "completion_tokens": usage[1], "total_tokens": sum(usage)}


class Anthropic:
    """https://docs.anthropic.com/en/api/messages and …/messages-streaming"""

    ERRORS: ClassVar = {
        400: ("invalid_request_error", "Invalid request."),
        401: ("authentication_error", "invalid x-api-key"),
        402: ("billing_error", "Your credit balance is too low to access the Anthropic API."),
        403: ("permission_error", "Your API key does not have permission to use this model."),
        404: ("not_found_error", "model: unknown"),
        429: ("rate_limit_error", "This request would exceed your rate limit."),
        500: ("api_error", "Internal server error"),
        529: ("overloaded_error", "Overloaded"),
    }

    def error(self, status: int) -> bytes:
        kind, message = self.ERRORS.get(status, ("api_error", f"Status {status}."))
        error = {"type": kind, "message": message}
        return json.dumps({"type": "error", "error": error, "request_id": "req_1"}).encode()

    def error_event(self) -> bytes:
        return b"event: error\ndata: " + self.error(529) + b"\n\n"

    def whole(self, answer: Answer, asked: dict[str, Any]) -> bytes:
        stop = "tool_use" if answer.tools else "end_turn"
        usage = answer.usage or (0, 0)
        body = self._message(asked, usage[0]) | {"content": self._blocks(answer), "stop_reason": stop}
        body["usage"] = {"input_tokens": usage[0], "output_tokens": usage[1]}
        return json.dumps(body).encode()

    def frames(self, answer: Answer, asked: dict[str, Any]) -> list[bytes]:
        usage = answer.usage or (0, 0)
        events: list[dict[str, Any]] = [{"type": "message_start", "message": self._message(asked, usage[0])}]
        events.append({"type": "ping"})
        for index, block in enumerate(self._blocks(answer)):
            events += self._block_events(index, block)
        stop = "tool_use" if answer.tools else "end_turn"
        delta = {"stop_reason": stop, "stop_sequence": None}
        events.append({"type": "message_delta", "delta": delta, "usage": {"output_tokens": usage[1]}})
        if answer.terminated:
            events.append({"type": "message_stop"})
        return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]

    def _block_events(self, index: int, block: dict[str, Any]) -> list[dict[str, Any]]:
        match block["type"]:
            case "thinking":
                empty = {"type": "thinking", "thinking": "", "signature": ""}
                deltas = [{"type": "thinking_delta", "thinking": word} for word in _words(block["thinking"])]
                deltas.append({"type": "signature_delta", "signature": block["signature"]})
            case "tool_use":
                empty = {**block, "input": {}}
                pieces = _cut(json.dumps(block["input"]))
                deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
            case _:
                empty = {"type": "text", "text": ""}
                deltas = [{"type": "text_delta", "text": word} for word in _words(block["text"])]
        start = {"type": "content_block_start", "index": index, "content_block": empty}
        middle = [{"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas]
        return [start, *middle, {"type": "content_block_stop", "index": index}]

    def _blocks(self, answer: Answer) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = []
        if answer.reasoning:
            blocks.append({"type": "thinking", "thinking": answer.reasoning, "signature": "c2lnbmVk"})
        if not answer.tools:
            blocks.append({"type": "text", "text": answer.text})
        for index, (name, arguments) in enumerate(answer.tools):
            blocks.append({"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": json.loads(arguments)})
        return blocks

    def _message(self, asked: dict[str, Any], input_tokens: int) -> dict[str, Any]:
        return {
            "id": "msg_fake1",
            "type": "message",
            "role": "assistant",
            "model": asked.get("model", "fake"),
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": input_tokens, "output_tokens": 1},
        }
