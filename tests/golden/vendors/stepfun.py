"""StepFun: thought in ``reasoning``, cached input at the top of usage, types for errors."""

from tests.golden.case import Chat, Golden
from tests.golden.openai_shapes import CALL, USAGE, error, question, stream, streamed, tool_call, whole

MODEL = "step-3.7-flash"
COUNTED = {**USAGE, "cached_tokens": 4}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(model=MODEL, message={"reasoning": "A greeting."}, usage=COUNTED),
        stream=stream(
            model=MODEL,
            deltas=(
                {"role": "assistant", "content": ""},
                {"role": "", "content": "", "reasoning": "A greeting."},
                {"role": "", "content": "Hello"},
                {"role": "", "content": " there."},
            ),
            usage=COUNTED,
        ),
        tool_call=tool_call(call={"index": 0, **CALL}, usage=COUNTED),
        reasoning="A greeting.",
        broken_after=3,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    unauthorized=error(401, "Incorrect API key provided", type="invalid_api_key"),
    unauthorized_words="Incorrect API key provided",
    rate_limited=error(
        429,
        "you have reached the rate limit for your account, please try again after 7s",
        type="rate_limit_exceeded",
    ),
)
