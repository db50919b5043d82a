"""Replicate: predictions that are finished by the time they are answered. Those that are not, and streams at addresses
of their own, are tests/gateway/test_following.py's."""

from __future__ import annotations

import json
from typing import Any

from tests.golden.case import Chat, Golden, Sent

MODEL = "meta/meta-llama-3-70b-instruct"
PREDICTION: dict[str, Any] = {
    "id": "golden",
    "model": MODEL,
    "version": "hidden",
    "status": "succeeded",
    "created_at": "2026-01-01T00:00:00.000Z",
    "input": {"prompt": "Say hello."},
    "output": ["Hello", " there."],
    "logs": "",
    "error": None,
    "metrics": {"input_token_count": 9, "output_token_count": 3, "predict_time": 0.4},
    "urls": {"get": "https://api.replicate.com/v1/predictions/golden"},
}
_BODY = json.dumps(PREDICTION)


GOLDEN = Golden(
    model=MODEL,
    path=f"/models/{MODEL}/predictions",
    sent_headers={"authorization": "Bearer golden-token", "cancel-after": "30m"},
    chat=Chat(
        whole=Sent(status=201, body=PREDICTION),
        stream=Sent(status=201, headers={"content-type": "application/json"}, frames=(_BODY[:100], _BODY[100:])),
        tool_call=Sent(),
        no_tools=True,
        sent_body={"input": {"prompt": "Say hello.", "max_tokens": 64}},
        broken_after=1,
    ),
    unauthorized=Sent(
        status=401,
        body={"title": "Unauthenticated", "detail": "You did not pass a valid authentication token", "status": 401},
    ),
    unauthorized_words="You did not pass a valid authentication token",
    rate_limited=Sent(
        status=429,
        body={"detail": "Request was throttled. Expected available in 7 seconds.", "status": 429, "retry_after": 7},
    ),
)
