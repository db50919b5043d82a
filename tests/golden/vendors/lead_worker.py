"""A lead/worker service: plain OpenAI shapes; the model that answered is another than was asked for."""

from tests.golden.case import Chat, Embeddings, Golden
from tests.golden.openai_shapes import error, question, stream, streamed, tool_call, vectors, whole

GOLDEN = Golden(
    model="lead",
    chat=Chat(
        whole=whole(model="worker-small", worker="worker-small"),
        stream=stream(model="worker-small"),
        tool_call=tool_call(model="worker-small"),
        sent_body=question("lead"),
        stream_sent=streamed("lead"),
    ),
    embeddings=Embeddings(path="/embeddings", model="embedder", whole=vectors("embedder")),
    unauthorized=error(401, "Invalid API key", type="invalid_request_error", code="invalid_api_key"),
    unauthorized_words="Invalid API key",
    rate_limited=error(429, "All workers are busy. Please retry after 7 seconds.", type="rate_limit_error", code=None),
)
