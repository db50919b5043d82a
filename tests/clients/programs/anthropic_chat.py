"""Anthropic's Python SDK: a whole answer, a stream, a tool call, a count, a wrong key."""

import json
import os
import sys

import anthropic

BASE = os.environ["SWITCHBOARD_URL"]
ASKED = {"model": "fake-large", "max_tokens": 64, "messages": [{"role": "user", "content": "Say hello."}]}
TOOL = {"name": "get_weather", "input_schema": {"type": "object", "properties": {}}}

client = anthropic.Anthropic(base_url=BASE, api_key=os.environ["SWITCHBOARD_KEY"], max_retries=0)
whole = client.messages.create(**ASKED)
with client.messages.stream(**ASKED) as stream:
    text = "".join(stream.text_stream)
    final = stream.get_final_message()
called = client.messages.create(**{**ASKED, "model": "ext-openai-compatible-fake-small"}, tools=[TOOL])
counted = client.messages.count_tokens(model="fake-large", messages=ASKED["messages"])
try:
    anthropic.Anthropic(base_url=BASE, api_key="wrong", max_retries=0).messages.create(**ASKED)
    refused = ""
except anthropic.AuthenticationError as error:
    refused = error.body["error"]["type"]
sys.stdout.write(
    json.dumps(
        {
            "whole": whole.content[0].text,
            "usage": [whole.usage.input_tokens, whole.usage.output_tokens],
            "stream": text,
            "stream_usage": [final.usage.input_tokens, final.usage.output_tokens],
            "tool": [called.content[0].name, called.content[0].input],
            "stopped": called.stop_reason,
            "counted": counted.input_tokens,
            "refused": refused,
        }
    )
)
