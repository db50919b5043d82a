"""Spark: a code, a message and a session beside every answer; usage in the last chunk unasked."""

import dataclasses

from tests.golden.case import Chat, Golden, Sent
from tests.golden.openai_shapes import USAGE, question, stream, tool_call, whole

MODEL = "4.0Ultra"
FINE = {"code": 0, "message": "Success", "sid": "cha000b0003@dx1905cd86d6bb86d552"}


def _fine(sent: Sent) -> Sent:
    return dataclasses.replace(sent, body={**FINE, **sent.body})


GOLDEN = Golden(
    model=MODEL,
    token="golden:password",
    settings={"api_version": "v1"},
    sent_headers={"authorization": "Bearer golden:password"},
    chat=Chat(
        whole=_fine(whole(model=MODEL)),
        stream=stream(
            model=MODEL,
            deltas=(
                {"role": "assistant", "content": "Hello"},
                {"role": "assistant", "content": " there."},
            ),
            usage_in_last=True,
            **FINE,
        ),
        tool_call=_fine(
            tool_call(
                call={
                    "type": "function",
                    "id": "call_golden1",
                    "function": {"name": "get_weather", "arguments": '{"city":"Paris"}'},
                },
                usage=USAGE,
            )
        ),
        broken_after=1,
        sent_body=question(MODEL),
    ),
    unauthorized=Sent(
        status=401,
        body={"message": "HMAC signature cannot be verified:enforced header 'host' not used for signature creation"},
    ),
    unauthorized_words="HMAC signature cannot be verified",
    rate_limited=Sent(
        body={"code": 11202, "message": "AppIdQpsOverFlowError:(14:28:31.000)", "sid": "cha000b0003@dx1905cd86"}
    ),
    retry_after=None,
)
