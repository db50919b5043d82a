"""A vendor thinks and calls two tools, the app brings the results: the vendor gets back what it needs, and nobody else
gets what only that vendor could read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from providers.wires import wire
from tests.providers.wires.every_wire.apps import call_ids, heard, next_request
from tests.providers.wires.every_wire.cast import PLACES, Json, asked, held, strings
from tests.providers.wires.every_wire.official import CHECKS, check
from tests.providers.wires.every_wire.spoken import (
    CLAUDE_SIGNATURE,
    DETAIL_SIGNATURE,
    GOOGLES,
    SEALED,
    SPOKEN,
)

APPS = ("openai", "anthropic")
CLAUDES = ("anthropic", "vertex_anthropic", "azure_anthropic", "bedrock_invoke", "bedrock_converse")
# Who can read what; Bedrock's Claude and Anthropic's are the same.
READERS = {
    CLAUDE_SIGNATURE: CLAUDES,
    "RedactedBlob==": CLAUDES,
    DETAIL_SIGNATURE: CLAUDES,
    GOOGLES: ("gemini", "vertex_gemini"),
    SEALED: ("responses",),
}
TARGETS = (*CLAUDES, "gemini", "vertex_gemini", "responses", "cohere", "ollama", "cloudflare")
PATHS = [
    (name, app) for name in SPOKEN for app in APPS if wire(SPOKEN[name].place.wire).dialect != app or app == "openai"
]


def crossings() -> Iterator[tuple[str, str, str]]:
    for name, app in PATHS:
        for target in TARGETS:
            if target != name and wire(PLACES[target].wire).dialect != app:
                yield name, app, target


def again(name: str, app: str, target: str, *, streamed: bool = True) -> Json:
    message = heard(app, SPOKEN[name], streamed=streamed)
    return asked(PLACES[target], next_request(app, message), dialect=app)[0]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(("name", "app"), PATHS)
def test_a_vendor_gets_back_what_it_signed_and_sealed(name: str, app: str, streamed: bool) -> None:
    body = again(name, app, name, streamed=streamed)
    assert [kept for kept in SPOKEN[name].kept if not held(kept, body)] == []
    assert held("zqresult0", body) and held("zqresult1", body)
    if name in CHECKS:
        check(PLACES[name].wire, body)


@pytest.mark.parametrize(("name", "app"), PATHS)
def test_a_whole_reply_and_its_stream_lead_to_the_same_next_request(name: str, app: str) -> None:
    assert again(name, app, name, streamed=False) == again(name, app, name, streamed=True)


@pytest.mark.parametrize(("name", "app"), PATHS)
def test_ids_of_calls_are_the_same_whole_and_streamed(name: str, app: str) -> None:
    whole, streamed = (call_ids(app, heard(app, SPOKEN[name], streamed=way)) for way in (False, True))
    assert whole == streamed
    assert len(set(whole)) == 2


@pytest.mark.parametrize(("name", "app", "target"), list(crossings()))
def test_another_vendor_gets_nothing_it_cannot_read(name: str, app: str, target: str) -> None:
    body = again(name, app, target)
    told = list(strings(body))
    for secret, readers in READERS.items():
        assert target in readers or not any(secret in text for text in told), secret
    assert not any("switchboard1." in text for text in told)
    assert not {"thinking_blocks", "reasoning_details", "extra_content"} & set(told)
    assert held("zqresult0", body) and held("zqresult1", body)
    if target in CHECKS:
        check(PLACES[target].wire, body)


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("target", ["responses", "gemini", "cohere", "ollama"])
def test_claudes_redacted_thinking_goes_to_claude_only(target: str, app: str) -> None:
    if app == "anthropic":
        block: Json = {"role": "assistant", "content": [{"type": "redacted_thinking", "data": "RedactedBlob=="}]}
    else:
        blocks = [{"type": "redacted_thinking", "data": "RedactedBlob=="}]
        block = {"role": "assistant", "content": "zqsaid", "thinking_blocks": blocks}
    user = {"role": "user", "content": "zquser"}
    body, parts = asked(PLACES[target], {"messages": [user, block, user], "max_tokens": 99}, dialect=app)
    assert not held("RedactedBlob==", body)
    assert any(name.startswith("messages.") for name in parts.dropped)


# --- where each wire puts it ---------------------------------------------------------------------


def blocks(body: Json, at: int) -> list[Json]:
    found: Any = body["messages"][at]["content"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("app", ["openai"])
def test_claudes_thoughts_stand_before_what_it_said_and_called(app: str) -> None:
    kinds = [block["type"] for block in blocks(again("anthropic", app, "anthropic"), 1)]
    assert kinds == ["thinking", "redacted_thinking", "text", "tool_use", "tool_use"]


@pytest.mark.parametrize("app", APPS)
def test_googles_signature_stands_on_the_first_call(app: str) -> None:
    first, second = again("gemini", app, "gemini")["contents"][1]["parts"]
    assert first["thoughtSignature"] == GOOGLES
    assert "thoughtSignature" not in second


@pytest.mark.parametrize("app", APPS)
def test_minted_ids_are_not_shown_to_google(app: str) -> None:
    contents = again("gemini", app, "gemini")["contents"]
    assert [list(part["functionCall"]) for part in contents[1]["parts"]] == [["name", "args"]] * 2
    assert [part["functionResponse"]["name"] for part in contents[2]["parts"]] == ["zqlook", "zqstop"]


@pytest.mark.parametrize("app", APPS)
def test_a_sealed_thought_stands_before_its_calls(app: str) -> None:
    items = again("responses", app, "responses")["input"]
    assert [item["type"] for item in items[1:5]] == ["reasoning", "message", "function_call", "function_call"]
    assert items[1]["encrypted_content"] == SEALED and items[1]["id"] == "rs_zq"
    assert "index" not in items[1]


@pytest.mark.parametrize("app", APPS)
def test_bedrock_gets_its_signature_in_the_thought(app: str) -> None:
    thought = blocks(again("bedrock_converse", app, "bedrock_converse"), 1)[0]["reasoningContent"]["reasoningText"]
    assert thought == {"text": "zqthought", "signature": CLAUDE_SIGNATURE}


@pytest.mark.parametrize("app", APPS)
def test_coheres_plan_comes_back_as_its_plan(app: str) -> None:
    message = again("cohere", app, "cohere")["messages"][1]
    assert message["tool_plan"] == "zqthought"
    assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {"zqfield": "zqone"}
