"""SambaNova: speeds beside the counts in usage, the time of a limit's reset in seconds since 1970."""

from tests.golden.case import Chat, Embeddings, Golden, Sent
from tests.golden.more_shapes import texts
from tests.golden.openai_shapes import question, stream, streamed, tool_call, vectors, whole

MODEL = "gpt-oss-120b"
EMBEDDER = "E5-Mistral-7B-Instruct"
COUNTED = {
    "acceptance_rate": 4.05,
    "completion_tokens": 3,
    "completion_tokens_after_first_per_sec": 248.3,
    "completion_tokens_details": {"reasoning_tokens": 1},
    "completion_tokens_per_sec": 154.2,
    "end_time": 1767225600.9,
    "is_last_response": True,
    "prompt_tokens": 9,
    "prompt_tokens_details": {"cached_tokens": 0},
    "start_time": 1767225600.1,
    "stop_reason": "stop",
    "time_to_first_token": 0.11,
    "total_latency": 0.82,
    "total_tokens": 12,
    "total_tokens_per_sec": 310.5,
}
CALL = {
    "id": "call_c6b3c1d60b4f4f0c93",
    "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
    "type": "function",
    "index": 0,
}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(
            model=MODEL,
            message={"reasoning": "A greeting."},
            usage=COUNTED,
            choice={"logprobs": None},
            system_fingerprint="fastcoe",
        ),
        stream=stream(
            model=MODEL,
            deltas=(
                {"content": "", "role": "assistant"},
                {"reasoning": "A greeting."},
                {"content": "Hello"},
                {"content": " there."},
            ),
            usage=COUNTED,
            system_fingerprint="fastcoe",
        ),
        tool_call=tool_call(call=CALL, usage=COUNTED),
        reasoning="A greeting.",
        broken_after=3,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    embeddings=Embeddings(whole=vectors(EMBEDDER), path="/embeddings", model=EMBEDDER, sent_body=texts(EMBEDDER)),
    unauthorized=Sent(
        status=401,
        body={
            "error": {
                "message": "Invalid API key or unauthorized access.",
                "type": "authentication_error",
                "param": None,
                "code": "invalid_api_key",
            },
            "request_id": "2a8b3c4d-1234-5678-abcd-ef0123456789",
        },
    ),
    unauthorized_words="Invalid API key",
    rate_limited=Sent(
        status=429,
        headers={
            "date": "Thu, 01 Jan 2026 00:00:00 GMT",
            "x-ratelimit-limit-requests": "20",
            "x-ratelimit-remaining-requests": "0",
            "x-ratelimit-reset-requests": "1767225618",
            "x-ratelimit-limit-requests-day": "400",
            "x-ratelimit-remaining-requests-day": "380",
            "x-ratelimit-reset-requests-day": "1767311999",
        },
        body={
            "error": {
                "message": "Rate limit exceeded",
                "type": "rate_limit_error",
                "param": None,
                "code": "rate_limit_exceeded",
            },
            "request_id": "2a8b3c4d-1234-5678-abcd-ef0123456780",
        },
    ),
    retry_after=18,
)
