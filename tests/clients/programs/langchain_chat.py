"""LangChain's OpenAI model: a whole answer, a stream with usage, a tool call, a shape."""

import json
import os
import sys

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


@tool
def get_weather(city: str) -> str:
    """The weather of a city."""
    return "sunny"


def model(name: str) -> ChatOpenAI:
    base = os.environ["SWITCHBOARD_URL"] + "/v1"
    return ChatOpenAI(
        model=name, base_url=base, api_key=os.environ["SWITCHBOARD_KEY"], max_retries=0, stream_usage=True
    )


whole = model("fake-large").invoke("Say hello.")
pieces = list(model("fake-large").stream("Say hello."))
usage = next(piece.usage_metadata for piece in pieces if piece.usage_metadata)
called = (
    model("ext-openai-compatible-fake-small")
    .bind_tools([get_weather])
    .invoke("What is the weather in Paris?")
    .tool_calls
)
sys.stdout.write(
    json.dumps(
        {
            "whole": whole.content,
            "usage": [whole.usage_metadata["input_tokens"], whole.usage_metadata["output_tokens"]],
            "stream": "".join(piece.content for piece in pieces),
            "stream_usage": [usage["input_tokens"], usage["output_tokens"]],
            "tool": [called[0]["name"], called[0]["args"]],
        }
    )
)
