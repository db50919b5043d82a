"""Any server that calls itself compatible: CRLF, no space after the colon, no usage, no ids, bare errors."""

import json

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.openai_shapes import EVENT_STREAM, question, streamed, tool_call, whole


def _frame(delta: dict[str, str], finish: str | None = None) -> str:
    return "data:" + json.dumps({"choices": [{"delta": delta, "finish_reason": finish}]}) + "\r\n\r\n"


GOLDEN = Golden(
    model="my-model",
    settings={"extra_api_key": "golden-extra"},
    sent_headers={"authorization": "Bearer golden-token", "x-api-key": "golden-extra"},
    chat=Chat(
        whole=whole(usage=None),
        stream=Sent(
            headers=EVENT_STREAM,
            frames=(
                _frame({"role": "assistant", "content": "Hello"}),
                _frame({"content": " there."}),
                _frame({}, "stop"),
                "data: [DONE]",
            ),
        ),
        tool_call=tool_call(finish="stop", usage=None),
        usage=None,
        broken_after=1,
        sent_body=question("my-model"),
        stream_sent=streamed("my-model"),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        whole=Sent(body={"data": [{"embedding": [0.5, -0.25]}, {"embedding": [0.125, 1.0]}]}),
        input_usage=None,
        sent_body={"model": "my-model", "input": ["first", "second"]},
    ),
    rerank=Rerank(
        path="/rerank",
        whole=Sent(body={"data": [{"index": 1, "score": 0.1}, {"index": 0, "score": 0.9}]}),
        sent_body={
            "model": "my-model",
            "query": "Where is the Louvre?",
            "documents": ["Paris is a city.", "Berlin is a city."],
        },
    ),
    unauthorized=Sent(status=401, body={"detail": "Not authenticated"}),
    unauthorized_words="Not authenticated",
    rate_limited=Sent(status=429, body="Too Many Requests"),
    retry_after=None,
)
