"""Baichuan: capitals in its model's names, usage in the last chunk unasked, errors by their type."""

from tests.golden.case import Chat, Embeddings, Golden
from tests.golden.openai_shapes import CALL, USAGE, error, question, stream, tool_call, vectors, whole

MODEL = "Baichuan4-Turbo"
COUNTED = {**USAGE, "search_count": 0}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(model=MODEL, usage=COUNTED),
        stream=stream(
            model=MODEL,
            deltas=(
                {"role": "assistant", "content": "Hello"},
                {"role": "assistant", "content": " there."},
            ),
            usage=COUNTED,
            usage_in_last=True,
        ),
        tool_call=tool_call(call={**CALL, "id": "golden"}, usage=COUNTED),
        broken_after=1,
        sent_body=question(MODEL),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        model="Baichuan-Text-Embedding",
        whole=vectors("Baichuan-Text-Embedding"),
        sent_body={"model": "Baichuan-Text-Embedding", "input": ["first", "second"]},
    ),
    unauthorized=error(401, "Incorrect API key provided", code="invalid_api_key", param=None, type="invalid_api_key"),
    unauthorized_words="Incorrect API key provided",
    rate_limited=error(
        429,
        "Rate limit reached for requests",
        code="rate_limit_exceeded",
        param=None,
        type="rate_limit_exceeded",
    ),
    retry_after=None,
)
