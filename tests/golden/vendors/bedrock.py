"""Amazon Bedrock over Converse: named exceptions in a header, AWS's frames for a stream."""

from tests.golden.aws_frames import delta, event
from tests.golden.case import Chat, Embeddings, Golden, Rerank, Sent

MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
COUNTED = {"inputTokens": 6, "outputTokens": 3, "totalTokens": 12, "cacheReadInputTokens": 3}
CALL = {"toolUseId": "tooluse_f00", "name": "get_weather", "input": {"city": "Paris"}}


def _whole(*blocks: object, stop: str) -> Sent:
    return Sent(
        headers={"x-amzn-requestid": "3c0a5c9e-0000-4000-8000-000000000000"},
        body={
            "metrics": {"latencyMs": 512},
            "output": {"message": {"role": "assistant", "content": list(blocks)}},
            "stopReason": stop,
            "usage": COUNTED,
        },
    )


def _refused(status: int, name: str, message: str) -> Sent:
    shape = f"{name}:http://internal.amazon.com/coral/com.amazon.bedrock/"
    return Sent(status=status, headers={"x-amzn-errortype": shape}, body={"message": message})


GOLDEN = Golden(
    model=MODEL,
    path=f"/model/{MODEL}/converse",
    settings={"region": "eu-central-1"},
    chat=Chat(
        whole=_whole({"text": "Hello there."}, stop="end_turn"),
        stream=Sent(
            headers={"content-type": "application/vnd.amazon.eventstream"},
            frames=(
                event("messageStart", {"role": "assistant"}),
                delta("Hello"),
                delta(" there."),
                event("contentBlockStop", {"contentBlockIndex": 0}),
                event("messageStop", {"stopReason": "end_turn"}),
                event("metadata", {"usage": COUNTED, "metrics": {"latencyMs": 480}}),
            ),
        ),
        tool_call=_whole({"toolUse": CALL}, stop="tool_use"),
        stream_path=f"/model/{MODEL}/converse-stream",
        sent_body={
            "messages": [{"role": "user", "content": [{"text": "Say hello."}]}],
            "inferenceConfig": {"maxTokens": 64},
        },
        tool_sent={
            "toolConfig": {
                "tools": [
                    {
                        "toolSpec": {
                            "name": "get_weather",
                            "description": "The weather of a city.",
                            "inputSchema": {"json": {"type": "object", "required": ["city"]}},
                        }
                    }
                ]
            }
        },
    ),
    embeddings=Embeddings(
        whole=(
            Sent(body={"embedding": [0.5, -0.25], "inputTextTokenCount": 2}),
            Sent(body={"embedding": [0.125, 1.0], "inputTextTokenCount": 2}),
        ),
        path="/model/amazon.titan-embed-text-v2:0/invoke",
        model="amazon.titan-embed-text-v2:0",
    ),
    rerank=Rerank(
        whole=Sent(body={"results": [{"index": 0, "relevance_score": 0.9}, {"index": 1, "relevance_score": 0.1}]}),
        path="/model/cohere.rerank-v3-5:0/invoke",
        model="cohere.rerank-v3-5:0",
    ),
    unauthorized=_refused(403, "UnrecognizedClientException", "The security token included in the request is invalid."),
    unauthorized_words="The security token included in the request is invalid.",
    rate_limited=_refused(429, "ThrottlingException", "Too many requests, please wait before trying again."),
    retry_after=None,
)
