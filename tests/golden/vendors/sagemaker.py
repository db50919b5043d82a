"""Amazon SageMaker with a container that speaks OpenAI's chat: its stream comes in AWS's frames, cut anywhere."""

from tests.golden.aws_frames import payload_part
from tests.golden.case import Chat, Golden, Sent
from tests.golden.openai_shapes import stream, tool_call, whole

_STREAM = "".join(str(one) for one in stream().frames).encode()

GOLDEN = Golden(
    model="chat-endpoint",
    path="/endpoints/chat-endpoint/invocations",
    settings={"region": "us-east-1", "inference_component": "llama-1"},
    sent_headers={
        "authorization": "Bearer golden-token",
        "x-amzn-sagemaker-inference-component": "llama-1",
    },
    chat=Chat(
        whole=whole(),
        stream=Sent(
            headers={"content-type": "application/vnd.amazon.eventstream"},
            frames=tuple(payload_part(_STREAM[at : at + 37]) for at in range(0, len(_STREAM), 37)),
        ),
        tool_call=tool_call(),
        stream_path="/endpoints/chat-endpoint/invocations-response-stream",
        sent_body={"messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 64},
        broken_after=12,
    ),
    unauthorized=Sent(
        status=403,
        headers={"x-amzn-errortype": "UnrecognizedClientException"},
        body={"message": "The security token included in the request is invalid."},
    ),
    unauthorized_words="The security token included in the request is invalid.",
    rate_limited=Sent(
        status=400, headers={"x-amzn-errortype": "ThrottlingException"}, body={"message": "Rate exceeded"}
    ),
    retry_after=None,
)
