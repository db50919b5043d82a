"""xAI: reasoning beside ``completion_tokens``, an error that is two strings, and 400 for a wrong key."""

from tests.golden.case import Chat, Golden, Sent
from tests.golden.openai_shapes import CALL, question, stream, streamed, tool_call, whole

COUNTED = {
    "prompt_tokens": 9,
    "completion_tokens": 3,
    "total_tokens": 17,
    "prompt_tokens_details": {"text_tokens": 9, "audio_tokens": 0, "image_tokens": 0, "cached_tokens": 4},
    "completion_tokens_details": {
        "reasoning_tokens": 5,
        "audio_tokens": 0,
        "accepted_prediction_tokens": 0,
        "rejected_prediction_tokens": 0,
    },
    "num_sources_used": 0,
    "cost_in_usd_ticks": 660000,
}

GOLDEN = Golden(
    model="grok-4.7",
    chat=Chat(
        whole=whole(
            message={"reasoning_content": "A greeting.", "refusal": None},
            usage=COUNTED,
            system_fingerprint="fp_3d7ed3b779",
        ),
        stream=stream(
            deltas=(
                {"role": "assistant", "reasoning_content": "A greeting."},
                {"role": "assistant", "content": "Hello"},
                {"role": "assistant", "content": " there."},
            ),
            usage=COUNTED,
            system_fingerprint="fp_3d7ed3b779",
        ),
        tool_call=tool_call(call={**CALL, "id": "call_51851897"}, finish="", usage=COUNTED),
        reasoning="A greeting.",
        usage=(9, 8),
        sent_body=question("grok-4.7"),
        stream_sent=streamed("grok-4.7"),
    ),
    unauthorized=Sent(
        status=400,
        body={
            "code": "Client specified an invalid argument",
            "error": "Incorrect API key provided: go***en. You can obtain an API key from https://console.x.ai.",
        },
    ),
    unauthorized_words="Incorrect API key provided",
    rate_limited=Sent(
        status=429,
        headers={"x-ratelimit-limit-requests": "480", "x-ratelimit-remaining-requests": "0"},
        body={
            "code": "Some resource has been exhausted",
            "error": "Too many requests for team 7c1c1f0e and model grok-4.7. Your team's rate limit is 480 requests "
            "per minute.",
        },
    ),
    retry_after=None,
)
