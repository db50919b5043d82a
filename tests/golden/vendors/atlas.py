"""ATLAS, the late GitHub Models API: Azure's filter results in every answer, versions in headers, its own 429."""

from tests.golden.case import Chat, Embeddings, Golden, Sent
from tests.golden.openai_shapes import USAGE, error, question, stream, streamed, tool_call, vectors, whole

MODEL = "openai/gpt-4.1-mini"
FILTERED = {name: {"filtered": False, "severity": "safe"} for name in ("hate", "self_harm", "sexual", "violence")}
PROMPT = [{"prompt_index": 0, "content_filter_results": FILTERED}]

GOLDEN = Golden(
    model=MODEL,
    sent_headers={
        "authorization": "Bearer golden-token",
        "accept": "application/vnd.github+json",
        "x-github-api-version": "2026-03-10",
    },
    chat=Chat(
        whole=whole(
            model="gpt-4.1-mini-2025-04-14",
            message={"refusal": None, "annotations": []},
            choice={"content_filter_results": FILTERED, "logprobs": None},
            prompt_filter_results=PROMPT,
            system_fingerprint="fp_4f3d32ad4e",
        ),
        stream=stream(
            model="gpt-4.1-mini-2025-04-14",
            deltas=(
                {"role": "assistant", "content": "", "refusal": None},
                {"content": "Hello"},
                {"content": " there."},
            ),
            choice={"content_filter_results": FILTERED, "logprobs": None},
            before=(
                'data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":'
                '[{"prompt_index":0,"content_filter_results":{}}]}\n\n',
            ),
            usage=USAGE,
        ),
        tool_call=tool_call(choice={"content_filter_results": {}}, prompt_filter_results=PROMPT),
        broken_after=4,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        path="/embeddings", model="openai/text-embedding-3-small", whole=vectors("text-embedding-3-small")
    ),
    unauthorized=Sent(status=401, body={"error": {"code": "unauthorized", "message": "Bad credentials"}}),
    unauthorized_words="Bad credentials",
    rate_limited=error(
        429,
        "Rate limit of 10 per 60s exceeded for UserByModelByMinute. Please wait 7 seconds before retrying.",
        headers={"x-ratelimit-timeremaining": "7", "x-ratelimit-type": "UserByModelByMinute"},
        code="RateLimitReached",
        details="Rate limit of 10 per 60s exceeded for UserByModelByMinute. Please wait 7 seconds before retrying.",
    ),
)
