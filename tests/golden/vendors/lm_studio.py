"""LM Studio: asked without a token, ids of nine digits, statistics in the reply, embeddings that count nothing."""

from tests.golden.case import Chat, Embeddings, Golden, Sent
from tests.golden.more_shapes import texts
from tests.golden.openai_shapes import USAGE, question, stream, streamed, tool_call, vectors, whole

MODEL = "openai/gpt-oss-20b"
EMBEDDER = "text-embedding-nomic-embed-text-v1.5"
CALL = {
    "type": "function",
    "id": "365174485",
    "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
}

GOLDEN = Golden(
    model=MODEL,
    token="",
    sent_headers={},
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning": "A greeting.", "tool_calls": []},
            usage={**USAGE, "completion_tokens_details": {"reasoning_tokens": 1}},
            choice={"logprobs": None},
            stats={},
            system_fingerprint=MODEL,
        ),
        stream=stream(
            model=MODEL,
            deltas=(
                {"role": "assistant", "reasoning": "A greeting."},
                {"role": "assistant", "content": "Hello"},
                {"role": "assistant", "content": " there."},
            ),
            system_fingerprint=MODEL,
        ),
        tool_call=tool_call(model=MODEL, call=CALL, choice={"logprobs": None}, stats={}, system_fingerprint=MODEL),
        reasoning="A greeting.",
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        whole=vectors(EMBEDDER, usage={"prompt_tokens": 0, "total_tokens": 0}),
        path="/embeddings",
        model=EMBEDDER,
        input_usage=None,
        sent_body=texts(EMBEDDER),
    ),
    unauthorized=Sent(
        status=401,
        body={
            "error": {
                "message": "An LM Studio API token is required to make requests to this server.",
                "type": "invalid_request_error",
                "param": None,
                "code": "invalid_api_key",
            }
        },
    ),
    unauthorized_words="An LM Studio API token is required",
    rate_limited=Sent(status=429, body={"error": "Too many requests"}),
    retry_after=None,
)
