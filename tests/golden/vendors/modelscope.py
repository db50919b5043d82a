"""ModelScope: open models' answers, errors in a plural, and a number of calls a day."""

from tests.golden.case import Chat, Embeddings, Golden, Sent
from tests.golden.openai_shapes import CALL, question, stream, streamed, tool_call, vectors, whole

MODEL = "Qwen/Qwen3-235B-A22B-Instruct-2507"

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(model=MODEL, message={"reasoning_content": "", "tool_calls": None}, system_fingerprint=""),
        stream=stream(
            model=MODEL,
            deltas=(
                {"role": "assistant", "content": "", "reasoning_content": ""},
                {"role": "assistant", "content": "Hello", "reasoning_content": ""},
                {"role": "assistant", "content": " there.", "reasoning_content": ""},
            ),
        ),
        tool_call=tool_call(call={"index": 0, **CALL}),
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        model="Qwen/Qwen3-Embedding-8B",
        whole=vectors("Qwen/Qwen3-Embedding-8B"),
        sent_body={"model": "Qwen/Qwen3-Embedding-8B", "input": ["first", "second"]},
    ),
    unauthorized=Sent(
        status=401,
        body={
            "errors": {"message": "Authentication failed, please make sure that a valid ModelScope token is supplied."},
            "request_id": "3a5d35a9-golden",
        },
    ),
    unauthorized_words="Authentication failed",
    rate_limited=Sent(
        status=429,
        headers={
            "modelscope-ratelimit-requests-limit": "2000",
            "modelscope-ratelimit-requests-remaining": "0",
            "modelscope-ratelimit-model-requests-remaining": "0",
        },
        body={
            "errors": {
                "message": "We have to rate limit you. You have exceeded today's request limit, try again tomorrow."
            },
            "request_id": "3a5d35a9-golden",
        },
    ),
    retry_after=None,
)
