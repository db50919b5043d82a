"""Where each wire puts what was asked: pictures, schemas, results, and what tells the model that a tool failed."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from providers.errors import UnsupportedFeature
from tests.providers.wires.every_wire.cast import (
    CONTENT,
    KNOBS,
    NOTE,
    PDF,
    PLACES,
    PLAIN,
    PNG,
    SCHEMA,
    Json,
    asked,
    held,
)
from tests.providers.wires.every_wire.claude_cast import CLAUDE_CONTENT

Path = tuple[str | int, ...]
URI = f"data:image/png;base64,{PNG}"
CHATS = ("openai", "azure", "copilot", "deepseek", "openrouter", "cloudflare", "sagemaker")
CLAUDES = ("anthropic", "vertex_anthropic", "azure_anthropic", "bedrock_invoke")
GOOGLES = ("gemini", "vertex_gemini")


def over(names: tuple[str, ...], path: Path, value: Any) -> list[tuple[str, Path, Any]]:
    return [(name, path, value) for name in names]


def at(body: Json, path: Path) -> Any:
    found: Any = body
    for step in path:
        found = found[step]
    return found


def body_of(place: str, asking: Json, dialect: str = "openai") -> Json:
    return asked(PLACES[place], {"max_tokens": 4000, **asking}, dialect=dialect)[0]


PICTURES = [
    *over((*CHATS, "mistral", "cohere"), ("messages", 0, "content", 1, "image_url", "url"), URI),
    *over(CLAUDES, ("messages", 0, "content", 1, "source", "data"), PNG),
    *over(GOOGLES, ("contents", 0, "parts", 1, "inlineData", "data"), PNG),
    ("bedrock_converse", ("messages", 0, "content", 1, "image", "source", "bytes"), PNG),
    ("responses", ("input", 0, "content", 1, "image_url"), URI),
    ("ollama", ("messages", 0, "images", 0), PNG),
]


@pytest.mark.parametrize(("place", "path", "value"), PICTURES)
def test_a_picture_stands_where_the_vendor_looks_for_it(place: str, path: Path, value: Any) -> None:
    assert at(body_of(place, CONTENT["picture"]), path) == value


SCHEMAS = [
    *over((*CHATS, "mistral", "cohere", "ollama"), ("tools", 0, "function", "parameters"), SCHEMA),
    *over(CLAUDES, ("tools", 0, "input_schema"), SCHEMA),
    ("bedrock_converse", ("toolConfig", "tools", 0, "toolSpec", "inputSchema", "json"), SCHEMA),
    ("responses", ("tools", 0, "parameters"), SCHEMA),
]


@pytest.mark.parametrize(("place", "path", "value"), SCHEMAS)
def test_a_tools_schema_stands_where_the_vendor_looks_for_it(place: str, path: Path, value: Any) -> None:
    assert at(body_of(place, CONTENT["tools"]), path) == value


@pytest.mark.parametrize("place", GOOGLES)
def test_google_gets_the_fields_of_a_schema(place: str) -> None:
    (declared, _) = body_of(place, CONTENT["tools"])["tools"][0]["functionDeclarations"]
    assert held("zqfield", declared) and declared["name"] == "zqlook"


RESULTS = [
    *over((*CHATS, "mistral", "cohere", "ollama"), ("messages", 2, "content"), "zqfound"),
    *over(CLAUDES, ("messages", 2, "content", 0, "content", 0, "text"), "zqfound"),
    *over(GOOGLES, ("contents", 2, "parts", 0, "functionResponse", "response", "output"), "zqfound"),
    ("bedrock_converse", ("messages", 2, "content", 0, "toolResult", "content", 0, "text"), "zqfound"),
    ("responses", ("input", 4, "output"), "zqfound"),
]


@pytest.mark.parametrize("name", ["two results", "an empty result", "arguments that are no json"])
@pytest.mark.parametrize(("place", "path", "value"), RESULTS)
def test_a_result_stands_with_its_call(place: str, path: Path, value: Any, name: str) -> None:
    assert at(body_of(place, CONTENT[name]), path) == value


@pytest.mark.parametrize("place", PLACES)
def test_empty_arguments_are_an_empty_object(place: str) -> None:
    whole, empty = (body_of(place, CONTENT[name]) for name in ("two results", "empty arguments"))
    assert whole != empty
    assert not held("zqone", empty)
    found = [value for value in _arguments(empty) if value in ({}, "{}")]
    assert len(found) == 1


def _arguments(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [found for inner in value for found in _arguments(inner)]
    if not isinstance(value, dict):
        return []
    own = [
        value[name] for name in ("arguments", "input", "args") if name in value and not isinstance(value[name], list)
    ]
    return own + [found for name, inner in value.items() if name != "inputSchema" for found in _arguments(inner)]


FAILURES: dict[tuple[str, ...], Callable[[Json], bool]] = {
    CLAUDES: lambda body: body["messages"][2]["content"][1]["is_error"] is True,
    GOOGLES: lambda body: "error" in body["contents"][2]["parts"][1]["functionResponse"]["response"],
    ("bedrock_converse",): lambda body: body["messages"][2]["content"][1]["toolResult"]["status"] == "error",
    ("responses",): lambda body: body["input"][-1]["output"].startswith("Error: "),
    ("cohere", "ollama"): lambda body: body["messages"][3]["content"].startswith("Error: "),
}


@pytest.mark.parametrize(
    ("place", "failed"), [(place, check) for places, check in FAILURES.items() for place in places]
)
def test_a_tool_that_failed_is_told_as_such(place: str, failed: Callable[[Json], bool]) -> None:
    assert failed(body_of(place, CLAUDE_CONTENT["a result that failed"], "anthropic"))


@pytest.mark.parametrize("place", ["cohere", "ollama", "cloudflare"])
def test_a_text_file_is_read_out_to_who_takes_text_only(place: str) -> None:
    body = body_of(place, CONTENT["text file"])
    assert held("zqname.txt:\nzqnote: a text file", body)
    assert not held(PDF, body) and not held(f"base64,{NOTE}", body)


@pytest.mark.parametrize("place", ["cohere", "ollama", "cloudflare"])
def test_a_document_is_refused_by_who_takes_text_only(place: str) -> None:
    with pytest.raises(UnsupportedFeature, match="file"):
        body_of(place, CONTENT["document"])


@pytest.mark.parametrize("place", [*CLAUDES, "bedrock_converse", *GOOGLES])
def test_no_empty_text_is_sent_to_who_refuses_it(place: str) -> None:
    for name in ("empty content", "null content", "only system", "an empty result"):
        body = body_of(place, CONTENT[name])
        assert '"text": ""' not in str(body).replace("'", '"')
        assert all(turn.get("content", turn.get("parts")) for turn in body.get("messages") or body["contents"])


@pytest.mark.parametrize("place", [*CLAUDES, "bedrock_converse"])
def test_turns_alternate_for_who_wants_it(place: str) -> None:
    for name, asking in CONTENT.items():
        try:
            roles = [turn["role"] for turn in body_of(place, asking)["messages"]]
        except UnsupportedFeature:
            continue
        assert roles[0] == "user", name
        assert all(one != two for one, two in itertools.pairwise(roles)), name


def test_a_search_that_chat_asks_for_is_a_tool_of_responses() -> None:
    place = {"type": "approximate", "approximate": {"country": "IT"}}
    options = {"search_context_size": "low", "user_location": place}
    tools = body_of("responses", {**PLAIN, "web_search_options": options})["tools"]
    location = {"type": "approximate", "country": "IT"}
    assert tools[-1] == {"type": "web_search", "search_context_size": "low", "user_location": location}
    assert body_of("responses", {**PLAIN, **KNOBS["web search"]})["tools"][-1] == {"type": "web_search"}


@pytest.mark.parametrize("place", [name for name in PLACES if name not in CLAUDES])
def test_a_file_of_anthropics_is_refused_by_all_others(place: str) -> None:
    with pytest.raises(UnsupportedFeature, match="uploaded to Anthropic"):
        body_of(place, CLAUDE_CONTENT["uploaded file"], "anthropic")


@pytest.mark.parametrize("name", ["document with context", "document of blocks"])
@pytest.mark.parametrize("place", ["openai", "responses", "gemini", "cohere", "ollama", "cloudflare"])
def test_what_a_claude_app_says_of_a_document_is_told(place: str, name: str) -> None:
    body = body_of(place, CLAUDE_CONTENT[name], "anthropic")
    assert held("zqcontext" if name == "document with context" else "zqinner", body)


def test_hints_of_a_tool_that_only_claude_takes_are_named() -> None:
    tool = {"name": "zqlook", "input_schema": SCHEMA, "input_examples": [{"zqfield": "x"}]}
    _, parts = asked(
        PLACES["cohere"],
        {"messages": CONTENT["same role twice"]["messages"], "max_tokens": 9, "tools": [tool]},
        dialect="anthropic",
    )
    assert parts.dropped == ("tools.input_examples",)


def test_text_that_is_no_utf_8_is_no_text() -> None:
    data = base64.b64encode(b"\xff\xfe").decode()
    file = {"type": "file", "file": {"filename": "a.txt", "file_data": f"data:text/plain;base64,{data}"}}
    with pytest.raises(UnsupportedFeature):
        body_of("cohere", {"messages": [{"role": "user", "content": [file]}]})
