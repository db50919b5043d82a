"""Text where no text belongs: in numbers, switches, names, seals, and in files that are packed in unusual ways."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from gateway.guardrails.dialects import request_shape
from gateway.guardrails.fields import Fields, Writing, walked

BIRD = "canary@aviary.example"


def said(message: dict[str, Any] | None = None, **top: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "hi", **(message or {})}], **top}


def part(**fields: Any) -> dict[str, Any]:
    return said({"content": [{"type": "text", "text": "hi", **fields}]})


def tool(**fields: Any) -> dict[str, Any]:
    return said(tools=[{"type": "function", "function": {"name": "send", "parameters": {}, **fields}}])


def file(data: str) -> dict[str, Any]:
    return said({"content": [{"type": "file", "file": {"filename": "a", "file_data": data}}]})


def packed(encoding: str = "utf-8") -> str:
    return base64.b64encode(f"é? write to {BIRD}, or do not".encode(encoding)).decode()


def masked(body: dict[str, Any]) -> Any:
    return walked(body, request_shape("chat.completions"), Writing(_masked, sealed=True))


def _masked(text: str, json: bool) -> str:
    return text.replace(BIRD, "[EMAIL_1]")


@pytest.mark.parametrize(
    "body",
    [
        said(temperature=BIRD),
        said(seed=BIRD),
        said(logit_bias={BIRD: 1}),
        said(stream_options={"include_usage": BIRD}),
        said(tool_choice=BIRD),
        said(tool_choice={"type": "function", "function": {"name": BIRD}}),
        said({"signature": BIRD}),
        said({"extra_content": {"google": {"note": BIRD}}}),
        said({"extra_content": {"google": {"thought_signature": BIRD}}}),
        said({"audio": {"id": "a", "expires_at": BIRD}}),
        part(index=BIRD),
        part(encrypted_content=BIRD),
        part(cache_control={"type": "ephemeral", "ttl": BIRD}),
        tool(name=BIRD),
        tool(strict=BIRD),
        said(response_format={"type": "json_schema", "json_schema": {"name": BIRD, "schema": {}}}),
        file(f"data:text/plain,{BIRD}"),
        file(f"data:,{BIRD}"),
    ],
    ids=str,
)  # fmt: skip
def test_it_is_read(body: dict[str, Any]) -> None:
    told = str(masked(body))
    assert BIRD not in told
    assert "[EMAIL_1]" in told


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1"])
@pytest.mark.parametrize(
    "kind", ["text/plain", "text/csv;charset=x", "application/x-ndjson", "application/ld+json", ""]
)
def test_files_are_read_however_they_are_packed(kind: str, encoding: str) -> None:
    data = packed(encoding)
    url_safe = data.replace("+", "-").replace("/", "_")
    for one in (data, data.rstrip("="), url_safe, "\n".join(data[at : at + 20] for at in range(0, len(data), 20))):
        told = masked(file(f"data:{kind};base64,{one}"))["messages"][0]["content"][0]["file"]["file_data"]
        head, _, rest = told.partition(",")
        assert head == f"data:{kind};base64"
        assert base64.b64decode(rest).decode(encoding) == "é? write to [EMAIL_1], or do not"


def test_what_belongs_there_is_left() -> None:
    body = said(
        {"signature": "EmwKAhgBEgy3va3p/ix+=", "extra_content": {"google": {"thought_signature": "Cs4BAVSo=="}}},
        temperature=0.25,
        seed=123456789012,
        logit_bias={"50256": -100},
        tool_choice={"type": "function", "function": {"name": "mcp__files-read.v2"}},
        stream_options={"include_usage": True},
    )
    fields = Fields()
    assert walked(body, request_shape("chat.completions"), fields) is body
    assert {text for text, _ in fields.found} == {"hi"}
