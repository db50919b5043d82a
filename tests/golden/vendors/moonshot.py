"""Moonshot: usage in the last choice as well, the index in a call's name, waits in words."""

import json

from tests.golden.case import Chat, Golden, Sent
from tests.golden.openai_shapes import CALL, EVENT_STREAM, error, question, stream, streamed, tool_call, whole

MODEL = "kimi-k2.6"
COUNTED = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12, "cached_tokens": 4}
_PLAIN = stream(
    model=MODEL,
    deltas=(
        {"role": "assistant", "content": ""},
        {"reasoning_content": "A greeting."},
        {"content": "Hello"},
        {"content": " there."},
    ),
    usage=None,
    system_fingerprint="fpv0_golden",
)
_LAST = {
    "id": "chatcmpl-golden",
    "object": "chat.completion.chunk",
    "created": 1767225600,
    "model": MODEL,
    "choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": COUNTED}],
    "system_fingerprint": "fpv0_golden",
}

GOLDEN = Golden(
    model=MODEL,
    chat=Chat(
        whole=whole(model=MODEL, message={"reasoning_content": "A greeting."}, usage=COUNTED),
        stream=Sent(
            headers=EVENT_STREAM,
            frames=(
                *_PLAIN.frames[:4],
                f"data: {json.dumps(_LAST)}\n\n",
                f"data: {json.dumps({**_LAST, 'choices': [], 'usage': COUNTED})}\n\n",
                "data: [DONE]\n\n",
            ),
        ),
        tool_call=tool_call(call={"index": 0, **CALL, "id": "get_weather:0"}, usage=COUNTED),
        reasoning="A greeting.",
        broken_after=3,
        sent_body=question(MODEL),
        stream_sent=streamed(MODEL),
    ),
    unauthorized=error(401, "Invalid Authentication", type="invalid_authentication_error"),
    unauthorized_words="Invalid Authentication",
    rate_limited=error(
        429,
        "Your account org-golden<ak-golden> request reached organization max RPM: 3, please try again after 7 seconds",
        type="rate_limit_reached_error",
    ),
)
