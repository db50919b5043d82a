"""TokenHub: a note and moderation beside the text, Tencent's codes in refusals."""

from tests.golden.case import Chat, Embeddings, Golden
from tests.golden.openai_shapes import CALL, USAGE, error, question, stream, streamed, tool_call, vectors, whole

MODEL = "hy3"
NOTE = "以上内容为AI生成，不代表开发者立场，请勿删除或修改本标记"
FROM = {"source": "gateway", "request_id": "6f0b2c-golden"}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning_content": "A greeting."},
            choice={"logprobs": None},
            system_fingerprint="",
            note=NOTE,
        ),
        stream=stream(
            model=MODEL,
            deltas=(
                {"role": "assistant", "reasoning_content": "A greeting."},
                {"role": "assistant", "content": "Hello"},
                {"role": "assistant", "content": " there."},
            ),
            usage=USAGE,
            system_fingerprint="",
            note=NOTE,
        ),
        tool_call=tool_call(call={"index": 0, **CALL, "id": "call_cvd2golden"}, system_fingerprint="", note=NOTE),
        reasoning="A greeting.",
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        model="kinfra-text-embedding-0.6b",
        whole=vectors("kinfra-text-embedding-0.6b"),
    ),
    unauthorized=error(401, "invalid api key", type="authentication_error", code="401002", **FROM),
    unauthorized_words="invalid api key",
    rate_limited=error(429, "rate limit exceeded on dimension: rpm", type="rate_limit_error", code="429001", **FROM),
    retry_after=None,
)
