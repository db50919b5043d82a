"""PerfXCloud: open models, without anything of its own that is known."""

from tests.golden.case import Chat, Embeddings, Golden, Sent
from tests.golden.more_shapes import texts
from tests.golden.openai_shapes import question, stream, streamed, tool_call, vectors, whole

MODEL = "Qwen2.5-72B-Instruct"

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(model=MODEL, choice={"logprobs": None, "stop_reason": None}),
        stream=stream(model=MODEL),
        tool_call=tool_call(model=MODEL),
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        whole=vectors("BAAI/bge-m3"), path="/embeddings", model="BAAI/bge-m3", sent_body=texts("BAAI/bge-m3")
    ),
    unauthorized=Sent(
        status=401, body={"error": {"message": "无效的令牌 (request id: 20260101000000)", "type": "one_api_error"}}
    ),
    unauthorized_words="无效的令牌",
    rate_limited=Sent(status=429, body={"error": {"message": "请求过于频繁, 请稍后再试", "type": "one_api_error"}}),
    retry_after=None,
)
