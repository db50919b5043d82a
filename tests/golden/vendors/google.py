"""Google AI Studio's answers, in the form of generateContent."""

from __future__ import annotations

import json
from typing import Any

from tests.golden.case import Chat, Embeddings, Golden, Sent

HEAD = {"modelVersion": "gemini-3.8-flash", "responseId": "bXlpZGVudGlmaWVy"}
USAGE = {
    "promptTokenCount": 9,
    "candidatesTokenCount": 2,
    "thoughtsTokenCount": 1,
    "totalTokenCount": 12,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 9}],
    "serviceTier": "standard",
}
BEGUN = {"promptTokenCount": 9, "totalTokenCount": 9}


def reply(*parts: dict[str, Any], usage: dict[str, Any] = USAGE, finish: str | None = "STOP") -> dict[str, Any]:
    ended = {"finishReason": finish} if finish else {}
    candidate = {"content": {"parts": list(parts), "role": "model"}, **ended, "index": 0}
    return {"candidates": [candidate], "usageMetadata": usage, **HEAD}


def frame(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body)}\r\n\r\n"


def error(code: int, status: str, message: str, *details: dict[str, Any]) -> Sent:
    return Sent(
        status=code, body={"error": {"code": code, "message": message, "status": status, "details": list(details)}}
    )


CALL = {"functionCall": {"name": "get_weather", "args": {"city": "Paris"}}, "thoughtSignature": "Y2FsbA=="}
CHAT = Chat(
    whole=Sent(body=reply({"text": "A greeting.", "thought": True}, {"text": "Hello there."})),
    stream=Sent(
        headers={"content-type": "text/event-stream"},
        frames=(
            frame(reply({"text": "A greeting.", "thought": True}, usage=BEGUN, finish=None)),
            frame(reply({"text": "Hello"}, usage=BEGUN, finish=None)),
            frame(reply({"text": " there."}, usage=USAGE, finish=None)),
            frame(reply({"text": "", "thoughtSignature": "dGV4dA=="})),
        ),
    ),
    tool_call=Sent(body=reply(CALL)),
    reasoning="A greeting.",
    stream_path="/models/gemini-3.8-flash:streamGenerateContent?alt=sse",
    broken_after=2,
    sent_body={
        "contents": [{"role": "user", "parts": [{"text": "Say hello."}]}],
        "generationConfig": {"maxOutputTokens": 64},
    },
    tool_sent={
        "tools": [
            {
                "functionDeclarations": [
                    {
                        "name": "get_weather",
                        "description": "The weather of a city.",
                        "parametersJsonSchema": {
                            "type": "object",
                            "properties": {"city": {"type": "string"}},
                            "required": ["city"],
                        },
                    }
                ]
            }
        ]
    },
)
SLOW = error(
    429,
    "RESOURCE_EXHAUSTED",
    "You exceeded your current quota, please check your plan and billing details.",
    {
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel", "quotaValue": "60"}],
    },
    {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"},
)

GOLDEN = Golden(
    model="gemini-3.8-flash",
    path="/models/gemini-3.8-flash:generateContent",
    sent_headers={"x-goog-api-key": "golden-token"},
    chat=CHAT,
    embeddings=Embeddings(
        model="gemini-embedding-001",
        path="/models/gemini-embedding-001:batchEmbedContents",
        whole=Sent(body={"embeddings": [{"values": [0.5, -0.25]}, {"values": [0.125, 1.0]}]}),
        input_usage=None,
    ),
    unauthorized=error(
        400,
        "INVALID_ARGUMENT",
        "API key not valid. Please pass a valid API key.",
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID", "domain": "googleapis.com"},
    ),
    unauthorized_words="API key not valid",
    rate_limited=SLOW,
)
