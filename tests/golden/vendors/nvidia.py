"""NVIDIA's catalogue: problem details for errors, a host of its own for rankings."""

from tests.golden.case import Chat, Embeddings, Golden, Sent
from tests.golden.openai_shapes import CALL, USAGE, question, stream, streamed, tool_call, vectors, whole

MODEL = "nvidia/nemotron-3-super-120b-a12b"
RETRIEVER = "nvidia/llama-3.2-nv-embedqa-1b-v2"

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            message={"reasoning_content": "A greeting.", "tool_calls": []},
            usage={**USAGE, "prompt_tokens_details": None},
            choice={"logprobs": None, "stop_reason": None},
            prompt_logprobs=None,
            kv_transfer_params=None,
        ),
        stream=stream(
            deltas=(
                {"role": "assistant", "content": None, "reasoning_content": None},
                {"reasoning_content": "A greeting."},
                {"content": "Hello"},
                {"content": " there."},
            ),
            choice={"logprobs": None},
        ),
        tool_call=tool_call(call={**CALL, "id": "chatcmpl-tool-golden"}),
        reasoning="A greeting.",
        broken_after=3,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        model=RETRIEVER,
        whole=vectors(RETRIEVER),
        sent_body={"model": RETRIEVER, "input": ["first", "second"], "input_type": "passage"},
    ),
    unauthorized=Sent(
        status=401,
        headers={"content-type": "application/problem+json"},
        body={"status": 401, "title": "Unauthorized", "detail": "Authentication failed"},
    ),
    unauthorized_words="Authentication failed",
    rate_limited=Sent(
        status=429,
        headers={"content-type": "application/problem+json"},
        body={"status": 429, "title": "Too Many Requests"},
    ),
    retry_after=None,
)
