"""Every text field of every endpoint is read, and nothing else is touched."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from gateway.errors import GuardrailBlocked
from gateway.guardrails.fields import spoken, texts_of
from gateway.guardrails.shapes import DEEPEST
from providers.wires.openai.codec import encode
from tests.gateway.guardrails.bodies import BODIES, PIXEL
from tests.gateway.guardrails.cast import guard, operation, screen


def filled(endpoint: str) -> tuple[dict[str, Any], list[str]]:
    """A body whose every text holds an address of its own."""
    numbers, made = count(1), list[str]()

    def text() -> str:
        made.append(f"person{next(numbers)}@example.com")
        return f"Write to {made[-1]} now"

    return BODIES[endpoint](text), made


@pytest.mark.parametrize("endpoint", BODIES)
async def test_no_text_of_any_field_goes_on(endpoint: str) -> None:
    body, addresses = filled(endpoint)
    checked = screen(endpoint, body)
    asked = await checked.asked()
    sent = encode(asked.body).decode()
    assert not [one for one in addresses if one in sent]
    assert "@" not in json.dumps([texts_of(asked.body, endpoint), asked.session_id])
    assert b"@" not in checked.content
    assert checked.verdicts[0].what == f"email:{len(addresses)}"


@pytest.mark.parametrize("endpoint", BODIES)
async def test_a_body_without_findings_stays_the_same_object(endpoint: str) -> None:
    given = operation(endpoint, BODIES[endpoint](lambda: "nothing to see"))
    checked = screen(endpoint, BODIES[endpoint](lambda: "nothing to see"), content=b"as it came")
    asked = await checked.asked()
    assert asked.body == given.body
    assert (checked.content, checked.verdicts) == (b"as it came", [])


async def test_media_seals_ids_and_numbers_of_the_protocol_stay() -> None:
    body, _ = filled("chat.completions")
    asked = (await screen("chat.completions", body).asked()).body
    assert asked["messages"][1]["content"][1]["image_url"]["url"] == PIXEL
    assert asked["seed"] == 123456789012
    assert asked["tools"][0]["function"]["parameters"]["properties"] == {
        "to": {"type": "string", "description": "whom"}
    }
    body, _ = filled("messages")
    asked = (await screen("messages", body).asked()).body
    assert asked["messages"][1]["content"][0] == {"type": "redacted_thinking", "data": "EmwKAhgBEgy3va3pzix/LafPsn4a"}
    assert asked["system"][0]["cache_control"] == {"type": "ephemeral"}


@pytest.mark.parametrize(
    ("arguments", "becomes"),
    [
        (r'{"to": "a\u0040b.co"}', r'{"to": "[EMAIL_1]"}'),
        (r'{"to": "\u0061@b.co", "x": "\\n\u00e9"}', r'{"to": "[EMAIL_1]", "x": "\\n\u00e9"}'),
        (r'{"t": "one\na@b.co"}', r'{"t": "one\n[EMAIL_1]"}'),
        (r'{"a@b.co": 1.50}', r'{"[EMAIL_1]": 1.50}'),
        (r'{"card": 123456789012, "n": 7}', r'{"card": "[CARD_1]", "n": 7}'),
        (r'{"t": "<<two\nlines \"quoted\">>"}', r'{"t": "[SECRET_1]"}'),
        ('{"torn": "a@b.co', '{"torn": "[EMAIL_1]'),
    ],
)
async def test_escapes_in_arguments_hide_nothing_and_the_rest_keeps_its_bytes(arguments: str, becomes: str) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    body = {"messages": [{"role": "assistant", "tool_calls": [call]}]}
    asked = await screen("chat.completions", body).asked()
    assert asked.body["messages"][0]["tool_calls"][0]["function"]["arguments"] == becomes


async def test_names_in_objects_are_texts_too() -> None:
    body = {"messages": [{"role": "user", "content": "hi", "a@b.co": 1}], "metadata": {"c@d.co": {"e@f.co": None}}}
    asked = await screen("chat.completions", body).asked()
    assert "@" not in json.dumps(asked.body)


async def test_the_name_of_who_speaks_stays_one_that_vendors_take() -> None:
    body = {"messages": [{"role": "user", "content": "hi", "name": "a@b.co"}]}
    asked = await screen("chat.completions", body).asked()
    assert asked.body["messages"][0]["name"] == "EMAIL_1"


async def test_a_signed_thought_that_held_something_loses_its_signature() -> None:
    def thought(text: str) -> dict[str, str]:
        return {"type": "thinking", "thinking": text, "signature": "EqQBCkYIBBgC"}

    body = {"messages": [{"role": "assistant", "content": [thought("mail a@b.co"), thought("no need")]}]}
    asked = (await screen("messages", body).asked()).body
    first, second = asked["messages"][0]["content"]
    assert first == {"type": "thinking", "thinking": "mail [EMAIL_1]"}
    assert second == thought("no need")


@pytest.mark.parametrize("depth", [3, DEEPEST + 5, 150])
async def test_however_deep_content_lies_it_is_read(depth: int) -> None:
    content: Any = [{"type": "text", "text": "a@b.co"}]
    for _ in range(depth):
        content = [{"type": "tool_result", "tool_use_id": "t", "content": content}]
    asked = await screen("messages", {"messages": [{"role": "user", "content": content}]}).asked()
    assert "@" not in json.dumps(asked.body)


@pytest.mark.parametrize(
    ("endpoint", "body"),
    [("embeddings", {"input": [1, 2, 3]}), ("embeddings", {"input": [[1], [2]]}), ("completions", {"prompt": [7, 8]})],
)
async def test_a_tokenizers_numbers_are_refused_where_the_guardrail_fails_closed(endpoint: str, body: Any) -> None:
    strict = screen(endpoint, body)
    with pytest.raises(GuardrailBlocked, match="tokenizer's numbers"):
        await strict.asked()
    lax = screen(endpoint, body, guard(closed=False))
    await lax.asked()
    assert [(one.action, one.what) for one in (*strict.verdicts, *lax.verdicts)] == [("failed", "numbers")] * 2


def test_a_classifier_is_shown_what_is_said_and_not_the_tools() -> None:
    body, _ = filled("chat.completions")
    said = spoken(body, "chat.completions")
    assert any("person1@" in one for one in said)
    assert not any("whom" in one for one in said)
