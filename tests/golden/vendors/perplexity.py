"""Perplexity: every chunk holds all said so far beside the new piece, and usage; CRLF; no [DONE]; no tools."""

from __future__ import annotations

import json
from typing import Any

from tests.golden.case import Chat, Golden, Sent
from tests.golden.more_shapes import JSON
from tests.golden.openai_shapes import question, streamed

SOURCE = "https://example.org/greetings"
FOUND = [
    {
        "title": "Greetings",
        "url": SOURCE,
        "date": None,
        "last_updated": "2026-03-03",
        "snippet": "Hello.",
        "source": "web",
    }
]
COST = {"input_tokens_cost": 1e-05, "output_tokens_cost": 0.0, "request_cost": 0.005, "total_cost": 0.00501}


def answer(said: str, piece: str, output: int, *, finish: str | None = None) -> dict[str, Any]:
    counted = {
        "prompt_tokens": 9,
        "completion_tokens": output,
        "total_tokens": 9 + output,
        "search_context_size": "low",
    }
    return {
        "id": "4b0a7b40-0bb4-4c8f-a8a4-f5c1a065ed0b",
        "model": "sonar",
        "created": 1767225600,
        "usage": {**counted, "cost": COST} if finish else counted,
        "citations": [SOURCE],
        "search_results": FOUND,
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": said},
                "delta": {"role": "assistant", "content": piece},
            }
        ],
    }


CHUNKS = [
    answer("Hello", "Hello", 1),
    answer("Hello there", " there", 2),
    answer("Hello there.", ".", 3),
    answer("Hello there.", "", 3, finish="stop"),
]
NO_KEY = (
    "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n"
    "<center><h1>401 Authorization Required</h1></center>\r\n<hr><center>openresty/1.25.3.1</center>\r\n"
    "</body>\r\n</html>\r\n"
)

GOLDEN = Golden(
    model="sonar",
    chat=Chat(
        whole=Sent(headers=JSON, body=CHUNKS[-1]),
        stream=Sent(
            headers={"content-type": "text/event-stream; charset=utf-8"},
            frames=[f"data: {json.dumps(chunk)}\r\n\r\n" for chunk in CHUNKS],
        ),
        tool_call=Sent(
            status=400,
            body={
                "error": {
                    "message": "Tool calling is not supported for this model.",
                    "type": "unsupported_parameter",
                    "code": 400,
                }
            },
        ),
        no_tools=True,
        sent_body=question("sonar"),
        stream_sent=streamed("sonar"),
    ),
    unauthorized=Sent(status=401, headers={"content-type": "text/html"}, body=NO_KEY),
    unauthorized_words="401 Authorization Required",
    rate_limited=Sent(
        status=429,
        body={
            "error": {
                "message": "Request rate limit exceeded, please try again later.",
                "type": "request_rate_limit_exceeded",
                "code": 429,
            }
        },
    ),
    retry_after=None,
)
