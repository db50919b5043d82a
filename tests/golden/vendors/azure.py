"""Azure OpenAI: filter results everywhere, a first chunk that has no id, and the key in a header of its own."""

import json

from tests.golden.case import Chat, Embeddings, Golden, Sent
from tests.golden.openai_shapes import USAGE, stream, tool_call, whole

SAFE = {"hate": {"filtered": False, "severity": "safe"}, "violence": {"filtered": False, "severity": "safe"}}
PROMPT = [{"prompt_index": 0, "content_filter_results": SAFE}]
FIRST = {"id": "", "object": "", "created": 0, "model": "", "choices": [], "prompt_filter_results": PROMPT}
PLAIN = stream(model="gpt-5.4-mini-2026-03-17", usage=USAGE, system_fingerprint="fp_golden")

GOLDEN = Golden(
    model="gpt-5.4-mini",
    path="/openai/v1/chat/completions",
    settings={"resource": "golden"},
    sent_headers={"api-key": "golden-token"},
    chat=Chat(
        whole=whole(
            model="gpt-5.4-mini-2026-03-17",
            choice={"content_filter_results": SAFE, "logprobs": None},
            prompt_filter_results=PROMPT,
        ),
        stream=Sent(headers=PLAIN.headers, frames=[f"data: {json.dumps(FIRST)}\n\n", *PLAIN.frames]),
        tool_call=tool_call(prompt_filter_results=PROMPT),
        sent_body={
            "model": "gpt-5.4-mini",
            "messages": [{"role": "user", "content": "Say hello."}],
            "max_completion_tokens": 64,
        },
        broken_after=3,
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
        path="/openai/v1/embeddings",
    ),
    unauthorized=Sent(
        status=401,
        body={
            "error": {
                "code": "401",
                "message": "Access denied due to invalid subscription key or wrong API endpoint.",
            }
        },
    ),
    unauthorized_words="invalid subscription key",
    rate_limited=Sent(
        status=429,
        headers={"retry-after": "7"},
        body={"error": {"code": "RateLimitReached", "message": "You have exceeded the token rate limit of your tier."}},
    ),
)
