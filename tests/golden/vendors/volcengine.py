"""Volcengine Ark: null logprobs, a service tier, errors whose codes have dots."""

from tests.golden.case import Chat, Embeddings, Golden, Sent
from tests.golden.more_shapes import texts
from tests.golden.openai_shapes import question, stream, streamed, tool_call, vectors, whole

MODEL = "doubao-seed-2-1-lite-260915"
EMBEDDER = "doubao-embedding-large-text-250515"
COUNTED = {
    "completion_tokens": 3,
    "prompt_tokens": 9,
    "total_tokens": 12,
    "prompt_tokens_details": {"cached_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 1},
}
CALL = {
    "function": {"arguments": ' {"city": "Paris"}', "name": "get_weather"},
    "id": "call_h9x3c1t2o8m6y4z5",
    "type": "function",
}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning_content": "A greeting."},
            usage=COUNTED,
            choice={"logprobs": None},
            service_tier="default",
            id="0217672256001234567890abcdef",
        ),
        stream=stream(
            model=MODEL,
            deltas=(
                {"content": "", "role": "assistant", "reasoning_content": "A greeting."},
                {"content": "Hello", "role": "assistant"},
                {"content": " there.", "role": "assistant"},
            ),
            usage=COUNTED,
            service_tier="default",
        ),
        tool_call=tool_call(call=CALL, usage=COUNTED, choice={"logprobs": None}, service_tier="default"),
        reasoning="A greeting.",
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(
        whole=vectors(EMBEDDER, created=1767225600, id="021767225600embedding"),
        path="/embeddings",
        model=EMBEDDER,
        sent_body=texts(EMBEDDER),
    ),
    unauthorized=Sent(
        status=401,
        body={
            "error": {
                "code": "AuthenticationError",
                "message": "The API key or AK/SK in the request is missing or invalid. Request id: 0217672256",
                "param": "",
                "type": "Unauthorized",
            }
        },
    ),
    unauthorized_words="The API key or AK/SK in the request is missing or invalid.",
    rate_limited=Sent(
        status=429,
        body={
            "error": {
                "code": "RateLimitExceeded.EndpointRPMExceeded",
                "message": "The Requests Per Minute (RPM) limit of the associated endpoint for your account has been "
                "exceeded. Request id: 0217672256",
                "param": "",
                "type": "TooManyRequests",
            }
        },
    ),
    retry_after=None,
)
