"""The cast of the tests over all wires: where a call may go, and what an app may ask."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from providers.canonical import Call, HttpParts, Target
from providers.vendors import vendor
from providers.wires import wire
from providers.wires.anthropic.portable import portable
from providers.wires.base import Wire

Json = dict[str, Any]
CLAUDE = "claude-sonnet-4-5"
BEDROCK_CLAUDE = "anthropic.claude-sonnet-4-5-20250929-v1:0"


class Place(NamedTuple):
    """A wire, and a vendor and model that are called in it."""

    wire: str
    vendor: str
    model: str

    @property
    def target(self) -> Target:
        found = vendor(self.vendor)
        settings = {setting.name: setting.default for setting in found.settings if setting.default}
        settings |= {"project": "p", "account_id": "a", "region": "us-east-1", "resource": "r", "wire": self.wire}
        return Target(provider=self.vendor, model=self.model, vendor=found, settings=settings)


PLACES = {
    "openai": Place("openai", "openai", "gpt-5.4-mini"),
    "responses": Place("responses", "openai", "gpt-5.4-mini"),
    "azure": Place("azure", "azure", "gpt-5.4-mini"),
    "copilot": Place("copilot", "github_copilot", "gpt-5.4-mini"),
    "deepseek": Place("openai", "deepseek", "deepseek-flash"),
    "mistral": Place("openai", "mistral", "mistral-medium-latest"),
    "openrouter": Place("openai", "openrouter", "anthropic/claude-sonnet-4.5"),
    "anthropic": Place("anthropic", "anthropic", CLAUDE),
    "vertex_anthropic": Place("vertex_anthropic", "vertex_ai", CLAUDE),
    "azure_anthropic": Place("azure_anthropic", "azure", CLAUDE),
    "bedrock_invoke": Place("bedrock_invoke", "bedrock", BEDROCK_CLAUDE),
    "bedrock_converse": Place("bedrock_converse", "bedrock", BEDROCK_CLAUDE),
    "gemini": Place("gemini", "google", "gemini-3.8-flash"),
    "vertex_gemini": Place("vertex_gemini", "vertex_ai", "gemini-3.8-flash"),
    "cohere": Place("cohere", "cohere", "command-a-03-2025"),
    "ollama": Place("ollama", "ollama", "llama3.3"),
    "cloudflare": Place("cloudflare", "cloudflare", "@cf/meta/llama-3.3-70b-instruct-fp8-fast"),
    "sagemaker": Place("sagemaker", "sagemaker", "endpoint"),
}

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PDF = base64.b64encode(b"%PDF-1.4 zqpdf %%EOF\n").decode()
WAV = base64.b64encode(b"RIFF$\0\0\0WAVEfmt zqwav").decode()
NOTE = base64.b64encode(b"zqnote: a text file").decode()
PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}
SCHEMA = {
    "type": "object",
    "properties": {"zqfield": {"type": "string"}},
    "required": ["zqfield"],
    "additionalProperties": False,
}


def user(content: Any = "zquser", **more: Any) -> Json:
    return {"role": "user", "content": content, **more}


def function(name: str, **more: Any) -> Json:
    return {"type": "function", "function": {"name": name, "description": f"{name} it", "parameters": SCHEMA, **more}}


def called(id: str, name: str, arguments: str) -> Json:
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def result(id: str, content: Any, **more: Any) -> Json:
    return {"role": "tool", "tool_call_id": id, "content": content, **more}


TOOLS = [function("zqlook"), function("zqstop")]


def turns(*results: Json, arguments: tuple[str, str] = ('{"zqfield":"zqone"}', '{"zqfield":"zqtwo"}')) -> Json:
    """A conversation that goes on after two calls at once."""
    calls = [called("call_zqa", "zqlook", arguments[0]), called("call_zqb", "zqstop", arguments[1])]
    asked = {"role": "assistant", "content": "zqsaid", "tool_calls": calls}
    return {"messages": [user(), asked, *results], "tools": TOOLS}


BOTH = (result("call_zqa", "zqfound"), result("call_zqb", "zqhalt"))
FILE = {"type": "file", "file": {"filename": "zqname.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}}
NOTED = {"type": "file", "file": {"filename": "zqname.txt", "file_data": f"data:text/plain;base64,{NOTE}"}}
HEARD = {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}}
AT_URL = {"type": "image_url", "image_url": {"url": "https://zq.example/a.png"}}

# What an OpenAI app may send: messages, and tools where they are what is asked about.
CONTENT: dict[str, Json] = {
    "system and developer": {
        "messages": [{"role": "system", "content": "zqsys"}, {"role": "developer", "content": "zqdev"}, user()]
    },
    "system amid": {
        "messages": [
            user(),
            {"role": "assistant", "content": "zqsaid"},
            {"role": "system", "content": "zqmid"},
            user("zqlast"),
        ]
    },
    "only system": {"messages": [{"role": "system", "content": "zqsys"}]},
    "picture": {"messages": [user([{"type": "text", "text": "zqsee"}, PICTURE])]},
    "picture at an address": {"messages": [user([{"type": "text", "text": "zqsee"}, AT_URL])]},
    "document": {"messages": [user([{"type": "text", "text": "zqread"}, FILE])]},
    "text file": {"messages": [user([{"type": "text", "text": "zqread"}, NOTED])]},
    "sound": {"messages": [user([{"type": "text", "text": "zqhear"}, HEARD])]},
    "two results": turns(*BOTH),
    "results in another order": turns(*reversed(BOTH)),
    "a result that is a picture": turns(BOTH[0], result("call_zqb", [{"type": "text", "text": "zqhalt"}, PICTURE])),
    "a result and a word": turns(*BOTH, user("zqalso")),
    "an empty result": turns(BOTH[0], result("call_zqb", "")),
    "empty arguments": turns(*BOTH, arguments=("", '{"zqfield":"zqtwo"}')),
    "arguments that are no json": turns(*BOTH, arguments=('{"zqfield":"zqone', '{"zqfield":"zqtwo"}')),
    "arguments that are no object": turns(*BOTH, arguments=('["zqone"]', '{"zqfield":"zqtwo"}')),
    "same role twice": {"messages": [user(), user("zqagain")]},
    "assistant twice": {
        "messages": [
            user(),
            {"role": "assistant", "content": "zqsaid"},
            {"role": "assistant", "content": "zqmore"},
            user("zqgo"),
        ]
    },
    "starts with the assistant": {"messages": [{"role": "assistant", "content": "zqsaid"}, user()]},
    "empty content": {"messages": [user(""), {"role": "assistant", "content": ""}, user("zqlast")]},
    "null content": {"messages": [user(), {"role": "assistant", "content": None}, user("zqlast")]},
    "prefill": {"messages": [user(), {"role": "assistant", "content": "zqbegun"}]},
    "a refusal": {"messages": [user(), {"role": "assistant", "content": None, "refusal": "zqno"}, user("zqlast")]},
    "a name": {"messages": [user(name="zqalice"), user("zqhi", name="zqbob")]},
    "tools": {"messages": [user()], "tools": TOOLS},
    "a strict tool": {"messages": [user()], "tools": [function("zqlook", strict=True)]},
    "a tool without parameters": {
        "messages": [user()],
        "tools": [{"type": "function", "function": {"name": "zqlook"}}],
    },
    "a custom tool": {"messages": [user()], "tools": [{"type": "custom", "custom": {"name": "zqpatch"}}]},
    "tool turns without tools": {"messages": turns(*BOTH)["messages"]},
}

# Knobs, each with a value that means something; asked beside PLAIN.
PLAIN: Json = {"messages": [user()], "tools": TOOLS, "max_tokens": 4000}
KNOBS: dict[str, Json] = {
    "max_tokens": {"max_tokens": 77},
    "max_completion_tokens": {"max_completion_tokens": 78},
    "temperature": {"temperature": 0.25},
    "top_p": {"top_p": 0.75},
    "top_k": {"top_k": 17},
    "stop": {"stop": ["zqhalt"]},
    "seed": {"seed": 41},
    "n": {"n": 2},
    "presence_penalty": {"presence_penalty": 0.5},
    "frequency_penalty": {"frequency_penalty": 0.75},
    "logprobs": {"logprobs": True, "top_logprobs": 3},
    "logit_bias": {"logit_bias": {"50256": -100}},
    "user": {"user": "zqme"},
    "unknown": {"zqfuture": {"a": 1}},
    "effort": {"reasoning_effort": "high"},
    "no effort": {"reasoning_effort": "none"},
    "budget": {"thinking": {"type": "enabled", "budget_tokens": 2048}},
    "tool_choice none": {"tool_choice": "none"},
    "tool_choice required": {"tool_choice": "required"},
    "tool_choice named": {"tool_choice": {"type": "function", "function": {"name": "zqlook"}}},
    "one at a time": {"parallel_tool_calls": False},
    "json schema": {
        "response_format": {"type": "json_schema", "json_schema": {"name": "zqshape", "strict": True, "schema": SCHEMA}}
    },
    "json object": {"response_format": {"type": "json_object"}},
    "metadata": {"metadata": {"zqk": "zqv"}},
    "service tier": {"service_tier": "flex"},
    "verbosity": {"verbosity": "low"},
    "store": {"store": True},
    "prediction": {"prediction": {"type": "content", "content": "zqguess"}},
    "audio out": {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}},
    "web search": {"web_search_options": {}},
}


def asked(place: Place, body: Json, *, dialect: str = "openai") -> tuple[Json, HttpParts]:
    """The body that ``place`` would be sent, and what came with it."""
    call: Call = wire(dialect).read_request({"model": "m", **body})
    target_wire: Wire = wire(place.wire)
    lost: tuple[str, ...] = ()
    if dialect == "anthropic" and target_wire.dialect != dialect:
        call, lost = portable(call)
    parts = target_wire.write_request(call, place.target)
    return json.loads(parts.content), replace(parts, dropped=(*parts.dropped, *lost))


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


def markers(value: Any) -> set[str]:
    """Everything in ``value`` that must not get lost: strings with "zq" in them, and the bytes of media."""
    found = set()
    for text in strings(value):
        if text.startswith("data:"):
            found.add(text.partition(",")[2])
        elif text.startswith(("{", "[")):
            continue
        elif "zq" in text or text == WAV:
            found.add(text)
    return found


def held(marker: str, body: Json) -> bool:
    forms = {marker, base64.b64encode(marker.encode()).decode()}  # Bedrock takes text files as bytes
    if marker == NOTE:
        forms.add("zqnote: a text file")
    return any(form in text for text in strings(body) for form in forms)
