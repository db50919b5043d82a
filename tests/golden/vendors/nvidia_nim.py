"""A NIM container: vLLM's fields, purposes for embeddings, logits for rankings, errors as its API server says them."""

from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent
from tests.golden.openai_shapes import USAGE, question, stream, streamed, tool_call, vectors, whole

MODEL = "meta/llama-3.1-8b-instruct"
RETRIEVER = "nvidia/llama-3.2-nv-embedqa-1b-v2"
RANKER = "nvidia/llama-3.2-nv-rerankqa-1b-v2"
COUNTED = {**USAGE, "prompt_tokens_details": None}

GOLDEN = Golden(
    model=MODEL,
    token="",
    sent_headers={"content-type": "application/json"},
    chat=Chat(
        whole=whole(
            message={"reasoning_content": None, "tool_calls": []},
            usage=COUNTED,
            choice={"logprobs": None, "stop_reason": None},
            prompt_logprobs=None,
        ),
        stream=stream(usage=COUNTED, choice={"logprobs": None}),
        tool_call=tool_call(
            call={
                "id": "chatcmpl-tool-golden",
                "type": "function",
                "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
            },
            usage=COUNTED,
        ),
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        path="/embeddings",
        model=RETRIEVER,
        whole=vectors(RETRIEVER, usage={"prompt_tokens": 4, "total_tokens": 4, "num_images": 0}),
        sent_body={"model": RETRIEVER, "input": ["first", "second"], "input_type": "passage"},
    ),
    rerank=Rerank(
        path="/ranking",
        model=RANKER,
        whole=Sent(
            body={
                "rankings": [{"index": 0, "logit": 4.5}, {"index": 1, "logit": -8.25}],
                "usage": {"prompt_tokens": 30, "total_tokens": 30},
            }
        ),
        scores=(4.5, -8.25),
        sent_body={
            "model": RANKER,
            "query": {"text": "Where is the Louvre?"},
            "passages": [{"text": "Paris is a city."}, {"text": "Berlin is a city."}],
        },
    ),
    unauthorized=Sent(status=401, body={"error": "Unauthorized"}),
    unauthorized_words="Unauthorized",
    rate_limited=Sent(
        status=429,
        headers={"retry-after": "7"},
        body={"object": "error", "message": "Too many requests", "type": "TooManyRequests", "param": None, "code": 429},
    ),
)
