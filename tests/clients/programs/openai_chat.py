"""OpenAI's Python SDK: a whole answer, a stream, a tool call, the models, a wrong key."""

import json
import os
import sys

import openai

BASE = os.environ["SWITCHBOARD_URL"] + "/v1"
ASKED = {"model": "fake-large", "messages": [{"role": "user", "content": "Say hello."}]}
TOOL = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}}

client = openai.OpenAI(base_url=BASE, api_key=os.environ["SWITCHBOARD_KEY"], max_retries=0)
whole = client.chat.completions.create(**ASKED)
with client.chat.completions.stream(**ASKED, stream_options={"include_usage": True}) as stream:
    for _ in stream:
        pass
    final = stream.get_final_completion()
called = (
    client.chat.completions.create(**{**ASKED, "model": "ext-openai-compatible-fake-small"}, tools=[TOOL])
    .choices[0]
    .message.tool_calls
)
try:
    openai.OpenAI(base_url=BASE, api_key="wrong", max_retries=0).chat.completions.create(**ASKED)
    refused = ""
except openai.AuthenticationError as error:
    refused = error.code
sys.stdout.write(
    json.dumps(
        {
            "whole": whole.choices[0].message.content,
            "usage": [whole.usage.prompt_tokens, whole.usage.completion_tokens],
            "stream": final.choices[0].message.content,
            "stream_usage": [final.usage.prompt_tokens, final.usage.completion_tokens],
            "tool": [called[0].function.name, json.loads(called[0].function.arguments)],
            "models": [model.id for model in client.models.list()],
            "refused": refused,
        }
    )
)
