"""Xorbits Inference: Xinference hosted by somebody, with a key."""

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.more_shapes import candidates, ranking, texts
from tests.golden.openai_shapes import question, streamed, tool_call, vectors, whole
from tests.golden.vendors.xinference import CALL, STREAM

MODEL = "qwen3-instruct"

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(model=MODEL, message={"reasoning_content": "A greeting."}, id="chat5b1e6c"),
        stream=STREAM,
        tool_call=tool_call(model=MODEL, call=CALL),
        reasoning="A greeting.",
        broken_after=4,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(whole=vectors("bge-m3"), path="/embeddings", model="bge-m3", sent_body=texts("bge-m3")),
    rerank=Rerank(
        whole=ranking(
            results=[
                {"index": 1, "relevance_score": 0.75, "document": None},
                {"index": 0, "relevance_score": 0.25, "document": None},
            ],
            meta={"api_version": None, "billed_units": None, "tokens": None, "warnings": None},
        ),
        path="/rerank",
        model="bge-reranker-v2-m3",
        order=(1, 0),
        scores=(0.75, 0.25),
        sent_body=candidates("bge-reranker-v2-m3"),
    ),
    unauthorized=Sent(status=401, body={"detail": "Invalid API-Key"}),
    unauthorized_words="Invalid API-Key",
    rate_limited=Sent(status=429, body={"detail": "Rate limit reached for the model."}),
    retry_after=None,
)
