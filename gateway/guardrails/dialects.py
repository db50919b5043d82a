"""Which fields of the dialects are no text: words of the protocol, ids, media, seals. All else is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.guardrails.shapes import (
    Shape,
    address,
    biases,
    content,
    each,
    free,
    ident,
    json_text,
    leave,
    media,
    name,
    obj,
    participant,
    seal,
    setting,
    source,
    text,
    thought,
    unreadable_numbers,
    word,
)

_SEALS = dict.fromkeys(
    ("encrypted_content", "encrypted_index", "encrypted_stdout", "signature", "extra_content", "thought_signature"),
    seal,
)
_ADDRESS = obj({"url": address, "detail": word, "format": word})


def _address(value: Any, visitor: Any) -> Any:
    return address(value, visitor) if isinstance(value, str) else _ADDRESS(value, visitor)


_FILE = obj({"file_data": address, "file_url": address, "file_id": ident, "filename": text, "format": name})
_CACHED = obj({"type": word, "ttl": setting})
_CITATION = obj({"type": word, "encrypted_index": leave, "file_id": ident}, others=free)

_PARTS: dict[str, Shape] = {
    "type": word,
    "text": text,
    "refusal": text,
    "cache_control": _CACHED,
    "id": ident,
    "index": setting,
    "image_url": _address,
    "video_url": _address,
    "audio_url": _address,
    "detail": word,
    "input_audio": obj({"data": media, "format": word}),
    "file": _FILE,
    "file_data": address,
    "file_id": ident,
    "filename": text,
    "source": source,
    "title": text,
    "context": text,
    "citations": each(_CITATION),
    "name": name,
    "input": free,
    "tool_use_id": ident,
    "tool_call_id": ident,
    "server_name": name,
    "caller": obj({"type": word, "tool_id": ident}),
    "container_id": ident,
    **_SEALS,
}


def _part(value: Any, visitor: Any) -> Any:
    kind = value.get("type") if isinstance(value, dict) else None
    if isinstance(kind, str):
        if kind in ("thinking", "redacted_thinking"):
            return thought(value, visitor)
        if kind in ("image", "image_url", "audio", "video") and isinstance(value.get("data"), str):
            return _MEDIA(value, visitor)
    return _PART(value, visitor)


CONTENT = content(lambda: _part)
_PART = obj({**_PARTS, "content": CONTENT})
_MEDIA = obj({**_PARTS, "content": CONTENT, "data": media, "mime_type": name, "media_type": name})

_CALL = obj(
    {"id": ident, "type": word, "index": setting}
    | {"function": obj({"name": name, "arguments": json_text}), "custom": obj({"name": name, "input": text})}
    | _SEALS
)
MESSAGE = obj(
    {"role": word, "content": CONTENT, "name": participant, "refusal": text, "tool_calls": each(_CALL)}
    | {"function_call": obj({"name": name, "arguments": json_text}), "tool_call_id": ident}
    | {"audio": obj({"id": ident, "data": media, "transcript": text, "expires_at": setting})}
    | {"reasoning": text, "reasoning_content": text, "thinking": text}
    | {"reasoning_details": each(thought), "thinking_blocks": each(thought)}
    | {"cache_control": _CACHED, "images": each(_part)}
    | _SEALS
)
_FUNCTION = obj({"name": name, "description": text, "parameters": free, "strict": setting})
_TOOL = obj(
    {"type": word, "function": _FUNCTION, "custom": obj({"name": name, "description": text, "format": free})}
    | {"name": name, "description": text, "input_schema": free, "cache_control": _CACHED}
    | {"container": ident, "mcp_server_name": name}
)
# What an app gives for the vendor to use, as an MCP server's authorization, is no leak: without it nothing works.
_MCP_SERVER = obj({"type": word, "name": name, "url": leave, "authorization_token": leave})

_CHOSEN = obj(
    {"type": word, "name": name, "function": obj({"name": name}), "custom": obj({"name": name})}
    | {"disable_parallel_tool_use": setting}
)

_NUMBERS = (
    "seed",
    "max_tokens",
    "max_completion_tokens",
    "n",
    "top_k",
    "created",
    "best_of",
    "dimensions",
)
_TOP: dict[str, Shape] = {
    **dict.fromkeys(("model", "models", "fallbacks"), leave),
    **dict.fromkeys(("stream", "temperature", "top_p", *_NUMBERS), setting),
    **dict.fromkeys(("presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "echo"), setting),
    "logit_bias": biases,
    **dict.fromkeys(("reasoning_effort", "service_tier", "verbosity", "encoding_format", "input_type"), word),
    "tool_choice": _CHOSEN,
    "function_call": _CHOSEN,
    "parallel_tool_calls": setting,
    "modalities": each(word),
    "audio": obj({"voice": word, "format": word}),
    "stream_options": obj({"include_usage": setting, "include_obfuscation": setting}),
    "response_format": obj(
        {"type": word, "json_schema": obj({"name": name, "schema": free, "description": text, "strict": setting})}
    ),
    "cache_control": _CACHED,
}
_CHAT = obj(
    _TOP
    | {"messages": each(MESSAGE), "tools": each(_TOOL), "functions": each(_FUNCTION)}
    | {"prediction": obj({"type": word, "content": CONTENT})}
)
_MESSAGES = obj(
    _TOP
    | {"messages": each(MESSAGE), "system": CONTENT, "tools": each(_TOOL), "mcp_servers": each(_MCP_SERVER)}
    | {"thinking": obj({"type": word, "budget_tokens": setting}), "container": free}
)
_REQUESTS: Mapping[str, Shape] = {
    "chat.completions": _CHAT,
    "messages": _MESSAGES,
    "messages.count_tokens": _MESSAGES,
    "completions": obj(_TOP | {"prompt": unreadable_numbers}),
    "embeddings": obj(_TOP | {"input": unreadable_numbers}),
    "rerank": obj(_TOP | {"documents": each(free), "top_n": setting, "return_documents": setting}),
    "moderations": obj(_TOP | {"input": CONTENT}),
}
_ANY_REQUEST = obj(_TOP)

_HEAD: dict[str, Shape] = {
    **dict.fromkeys(("id", "object", "created", "model", "system_fingerprint", "usage", "provider", "timings"), leave),
    "service_tier": leave,
    "type": word,
    "error": free,
}
_CHOICE = obj(
    {"index": leave, "finish_reason": leave, "native_finish_reason": leave, "stop_reason": leave}
    | {"message": MESSAGE, "delta": MESSAGE, "text": text, "logprobs": leave}
)
_MESSAGE_HEAD = {
    "role": word,
    "stop_reason": leave,
    "stop_details": free,
    "container": leave,
    "context_management": leave,
    "content": CONTENT,
    "stop_sequence": text,
}
_COMPLETION_REPLY = obj(_HEAD | {"choices": each(_CHOICE)})
_MESSAGE_REPLY = obj(_HEAD | _MESSAGE_HEAD)
_EVENT = obj(
    _HEAD
    | {"index": leave, "message": obj(_HEAD | _MESSAGE_HEAD), "content_block": _part, "context_management": leave}
    | {
        "delta": obj(
            {"type": word, "text": text, "thinking": text, "partial_json": json_text, "citation": _CITATION}
            | {"signature": leave, "stop_reason": leave, "stop_sequence": text, "container": leave}
        )
    }
)
_RERANK_REPLY = obj(
    _HEAD | {"results": each(obj({"index": leave, "relevance_score": leave, "document": free})), "meta": leave}
)
_REPLIES: Mapping[str, Shape] = {
    "chat.completions": _COMPLETION_REPLY,
    "completions": _COMPLETION_REPLY,
    "messages": _MESSAGE_REPLY,
    "rerank": _RERANK_REPLY,
}
_FRAMES: Mapping[str, Shape] = {
    "chat.completions": _COMPLETION_REPLY,
    "completions": _COMPLETION_REPLY,
    "messages": _EVENT,
}


def request_shape(endpoint: str) -> Shape:
    return _REQUESTS.get(endpoint, _ANY_REQUEST)


def reply_shape(endpoint: str) -> Shape | None:
    """``None`` where a reply holds no text."""
    return _REPLIES.get(endpoint)


def frame_shape(endpoint: str) -> Shape:
    return _FRAMES.get(endpoint, _COMPLETION_REPLY)
