"""MiniMax: a verdict in every answer, refusals in a 200, and the whole message again at the end of a stream."""

import json
from typing import Any

from tests.golden.case import Chat, Embeddings, Golden, Sent
from tests.golden.openai_shapes import CALL, EVENT_STREAM, question, streamed, tool_call, whole

MODEL = "MiniMax-M3"
COUNTED = {
    "prompt_tokens": 9,
    "completion_tokens": 3,
    "total_tokens": 12,
    "total_characters": 0,
    "completion_tokens_details": {"reasoning_tokens": 1},
}
BESIDE = {
    "input_sensitive": False,
    "output_sensitive": False,
    "input_sensitive_type": 0,
    "output_sensitive_type": 0,
    "output_sensitive_int": 0,
    "base_resp": {"status_code": 0, "status_msg": ""},
}
HEAD = {"id": "05ab6d5be3d4", "created": 1771279826, "model": MODEL}
THOUGHT = {"type": "reasoning.text", "id": "reasoning-text-1", "format": "MiniMax-response-v1", "index": 0}


def _frame(finish: str | None = None, **delta: Any) -> str:
    chunk = {
        **HEAD,
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": {"role": "assistant", "name": "MiniMax AI", "content": "", **delta}}],
        "usage": {"total_tokens": 0, "total_characters": 0},
        "input_sensitive": False,
        "output_sensitive": False,
    }
    if finish:
        chunk["choices"][0]["finish_reason"] = finish
    return f"data: {json.dumps(chunk)}\n\n"


_THOUGHTS = {"reasoning_content": "A greeting.", "reasoning_details": [{**THOUGHT, "text": "A greeting."}]}
_MESSAGE = {"role": "assistant", "name": "MiniMax AI", "content": "Hello there.", **_THOUGHTS}
_LAST = {
    **HEAD,
    "object": "chat.completion",
    "choices": [{"index": 0, "finish_reason": "stop", "message": _MESSAGE}],
    "usage": COUNTED,
    **BESIDE,
}

GOLDEN = Golden(
    model=MODEL,
    settings={"group_id": "1771"},
    chat=Chat(
        whole=whole(model=MODEL, message=_MESSAGE, usage=COUNTED, **BESIDE),
        stream=Sent(
            headers=EVENT_STREAM,
            frames=(
                _frame(reasoning_content="A greet", reasoning_details=[{**THOUGHT, "text": "A greet"}]),
                _frame(role="", reasoning_content="ing.", reasoning_details=[{**THOUGHT, "text": "ing."}]),
                _frame(role="", content="Hello"),
                _frame("stop", role="", content=" there."),
                f"data: {json.dumps(_LAST)}\n\n",
                "data: [DONE]\n\n",
            ),
        ),
        tool_call=tool_call(call={**CALL, "id": "call_function_golden_1", "index": 0}, usage=COUNTED, **BESIDE),
        reasoning="A greeting.",
        broken_after=3,
        sent_body=question(MODEL, reasoning_split=True),
        stream_sent=streamed(MODEL, reasoning_split=True),
    ),
    embeddings=Embeddings(
        path="/embeddings?GroupId=1771",
        model="embo-01",
        whole=Sent(
            body={
                "vectors": [[0.5, -0.25], [0.125, 1.0]],
                "total_tokens": 4,
                "base_resp": {"status_code": 0, "status_msg": "success"},
            }
        ),
        sent_body={"model": "embo-01", "type": "db", "texts": ["first", "second"]},
    ),
    unauthorized=Sent(
        body={
            **HEAD,
            "choices": None,
            "object": "",
            "base_resp": {"status_code": 1004, "status_msg": "login fail: please carry the key in 'Authorization'"},
        }
    ),
    unauthorized_words="login fail",
    rate_limited=Sent(
        body={"id": "05ab", "choices": None, "base_resp": {"status_code": 1002, "status_msg": "rate limit"}}
    ),
    retry_after=None,
)
