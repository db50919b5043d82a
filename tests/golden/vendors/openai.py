"""OpenAI: ``usage: null`` in every chunk, obfuscation beside it, and a forced call that ends with "stop"."""

from tests.golden.case import Chat, Embeddings, Golden, Sent
from tests.golden.openai_shapes import USAGE, stream, tool_call, whole

COUNTED = {
    **USAGE,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {
        "reasoning_tokens": 0,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
}

GOLDEN = Golden(
    model="gpt-5.4-mini",
    chat=Chat(
        whole=whole(
            model="gpt-5.4-mini-2026-03-17",
            message={"refusal": None, "annotations": []},
            usage=COUNTED,
            service_tier="default",
            system_fingerprint=None,
        ),
        stream=stream(
            model="gpt-5.4-mini-2026-03-17",
            deltas=(
                {"role": "assistant", "content": "", "refusal": None},
                {"content": "Hello"},
                {"content": " there."},
            ),
            usage=COUNTED,
            service_tier="default",
            obfuscation="Nq3",
        ),
        tool_call=tool_call(finish="stop", usage=COUNTED),
        sent_body={
            "model": "gpt-5.4-mini",
            "messages": [{"role": "user", "content": "Say hello."}],
            "max_completion_tokens": 64,
        },
    ),
    embeddings=Embeddings(
        whole=Sent(
            body={
                "object": "list",
                "model": "text-embedding-3-small",
                "data": [
                    {"object": "embedding", "index": 0, "embedding": [0.5, -0.25]},
                    {"object": "embedding", "index": 1, "embedding": [0.125, 1.0]},
                ],
                "usage": {"prompt_tokens": 4, "total_tokens": 4},
            }
        ),
        path="/embeddings",
    ),
    unauthorized=Sent(
        status=401,
        body={
            "error": {
                "message": "Incorrect API key provided: sk-golde****oken.",
                "type": "invalid_request_error",
                "param": None,
                "code": "invalid_api_key",
            }
        },
    ),
    unauthorized_words="Incorrect API key provided",
    rate_limited=Sent(
        status=429,
        headers={"retry-after": "7", "retry-after-ms": "6400"},
        body={
            "error": {
                "message": "Rate limit reached for gpt-5.4-mini on requests per min (RPM): Limit 3, Used 3.",
                "type": "requests",
                "param": None,
                "code": "rate_limit_exceeded",
            }
        },
    ),
)
