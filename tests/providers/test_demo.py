"""The demo vendor: what it says, what it calls, how it fails, and that it lets go at once."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest

from providers.canonical import HttpParts
from providers.demo.speech import LABEL, count
from providers.vendors import vendor
from providers.vendors.base import LocalReply
from providers.wires import wire

HELLO = [{"role": "user", "content": "hello out there"}]
WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 3}},
            "required": ["city", "days"],
        },
    },
}
CLOCK = {"type": "function", "function": {"name": "clock"}}


async def send(body: Any, *, path: str = "/chat/completions", method: str = "POST", token: str = "") -> LocalReply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answers = vendor("demo").answers
    assert answers is not None
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return await answers(HttpParts(path=path, method=method, content=content), headers)


async def ask(body: Any, **how: Any) -> tuple[int, dict[str, Any]]:
    reply = await send(body, **how)
    return reply.status, json.loads(b"".join([piece async for piece in reply.body]))


async def said(**body: Any) -> dict[str, Any]:
    status, answer = await ask({"model": "demo-fast", "messages": HELLO, **body})
    assert status == 200, answer
    message: dict[str, Any] = answer["choices"][0]["message"]
    return message


async def frames(reply: LocalReply) -> list[Any]:
    whole = b"".join([piece async for piece in reply.body]).decode()
    return [json.loads(line[6:]) for line in whole.split("\n\n") if line.startswith("data: {")]


async def test_it_echoes_and_says_that_it_is_a_simulation() -> None:
    status, answer = await ask({"model": "demo-fast", "messages": HELLO})
    text = answer["choices"][0]["message"]["content"]
    assert (status, answer["model"]) == (200, "demo-fast")
    assert text == f"{LABEL} You said: hello out there"
    assert answer["usage"]["prompt_tokens"] == 3
    assert answer["usage"]["completion_tokens"] == count(text)
    assert answer["choices"][0]["finish_reason"] == "stop"


async def test_a_stream_says_word_by_word_what_the_whole_reply_says() -> None:
    body = {"model": "demo-fast", "messages": HELLO, "stream": True, "stream_options": {"include_usage": True}}
    reply = await send(body)
    pieces = [piece async for piece in reply.body]
    assert b"".join(pieces).endswith(b"data: [DONE]\n\n")
    _, whole = await ask({"model": "demo-fast", "messages": HELLO})
    chunks = await frames(await send(body))
    words = [choice["delta"].get("content") for chunk in chunks for choice in chunk["choices"]]
    assert "".join(word for word in words if word) == whole["choices"][0]["message"]["content"]
    assert len([word for word in words if word]) > 5
    assert chunks[-1]["usage"] == whole["usage"]


async def test_it_takes_its_time_and_demo_fast_does_not() -> None:
    body = {"messages": HELLO, "stream": True}
    took = []
    for model in ("demo", "demo-fast"):
        started = time.monotonic()
        await frames(await send({"model": model, **body}))
        took.append(time.monotonic() - started)
    assert took[0] > 0.15 > took[1]


async def test_it_calls_a_tool_with_arguments_that_fit_and_tells_what_came_back() -> None:
    asked = await said(tools=[CLOCK, WEATHER], messages=[{"role": "user", "content": "the weather please"}])
    call = asked["tool_calls"][0]
    assert len(asked["tool_calls"]) == 1 and call["function"]["name"] == "weather"
    arguments = json.loads(call["function"]["arguments"])
    assert isinstance(arguments["city"], str) and arguments["days"] >= 3
    after = await said(
        tools=[CLOCK, WEATHER],
        messages=[*HELLO, asked, {"role": "tool", "tool_call_id": call["id"], "content": "rain"}],
    )
    assert after["content"] == f"{LABEL} weather returned: rain"


async def test_demo_tools_calls_every_tool_unless_told_not_to() -> None:
    both = await said(model="demo-tools", tools=[WEATHER, CLOCK])
    one = await said(model="demo-tools", tools=[WEATHER, CLOCK], parallel_tool_calls=False)
    assert [call["function"]["name"] for call in both["tool_calls"]] == ["weather", "clock"]
    assert len({call["id"] for call in both["tool_calls"]}) == 2
    assert len(one["tool_calls"]) == 1


async def test_tool_choice_is_obeyed() -> None:
    named = {"type": "function", "function": {"name": "clock"}}
    assert "tool_calls" not in await said(tools=[WEATHER], tool_choice="none")
    assert (await said(tools=[WEATHER, CLOCK], tool_choice=named))["tool_calls"][0]["function"]["name"] == "clock"
    status, answer = await ask({"model": "demo", "messages": HELLO, "tools": [WEATHER], "tool_choice": named})
    assert (status, answer["error"]["param"]) == (400, "tool_choice")


async def test_structured_answers_fit_their_schema() -> None:
    schema = {
        "type": "object",
        "properties": {"mood": {"enum": ["calm"]}, "code": {"type": "string", "pattern": "^[A-Z]{3}$"}},
        "required": ["mood", "code"],
        "additionalProperties": False,
    }
    output = {"type": "json_schema", "json_schema": {"name": "mood", "schema": schema}}
    found = json.loads((await said(response_format=output))["content"])
    assert found["mood"] == "calm" and len(found["code"]) == 3 and found["code"].isupper()
    assert json.loads((await said(response_format={"type": "json_object"}))["content"])["simulation"] is True


async def test_a_schema_that_nothing_satisfies_is_a_400() -> None:
    schema = {"type": "string", "minLength": 5, "maxLength": 2}
    output = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    status, answer = await ask({"model": "demo", "messages": HELLO, "response_format": output})
    assert (status, answer["error"]["param"]) == (400, "response_format")


async def test_images_are_acknowledged_and_counted() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
    parts = [{"type": "text", "text": "look"}, image]
    status, answer = await ask({"model": "demo-fast", "messages": [{"role": "user", "content": parts}]})
    assert status == 200
    assert "1 image (image/png)" in answer["choices"][0]["message"]["content"]
    assert answer["usage"]["prompt_tokens"] == 86


async def test_the_reasoning_model_thinks_first_and_counts_it() -> None:
    chunks = await frames(
        await send(
            {
                "model": "demo-reasoning",
                "messages": HELLO,
                "stream": True,
                "stream_options": {"include_usage": True},
            }
        )
    )
    kinds = [next(iter(choice["delta"]), "") for chunk in chunks for choice in chunk["choices"]]
    assert kinds.index("reasoning_content") < kinds.index("content", 1)
    assert chunks[-1]["usage"]["completion_tokens_details"]["reasoning_tokens"] > 0


async def test_limits_stops_and_several_choices_are_kept() -> None:
    _, cut = await ask({"model": "demo-fast", "messages": HELLO, "max_tokens": 3})
    assert (cut["choices"][0]["message"]["content"], cut["choices"][0]["finish_reason"]) == ("This is a", "length")
    assert cut["usage"]["completion_tokens"] == 3
    assert (await said(stop=[" simulation"]))["content"] == "This is a"
    _, three = await ask({"model": "demo-fast", "messages": HELLO, "n": 3})
    assert [choice["index"] for choice in three["choices"]] == [0, 1, 2]
    assert (await ask({"model": "demo", "messages": HELLO, "n": 100}))[0] == 400


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [("demo-401", 401, "CredentialInvalid"), ("demo-429", 429, "RateLimited"), ("demo-500", 500, "VendorFailed")],
)
async def test_models_and_tokens_fail_on_purpose(name: str, status: int, error: str) -> None:
    for reply in (
        await send({"model": name, "messages": HELLO}),
        await send({"model": "demo", "messages": HELLO}, token=name),
        await send(b"", path="/models", method="GET", token=name),
    ):
        body = b"".join([piece async for piece in reply.body])
        target = _target()
        found = wire("openai").read_error(reply.status, dict(reply.headers), body, target)
        assert (reply.status, type(found).__name__) == (status, error)
        assert found.retry_after == (2 if status == 429 else None)


def _target() -> Any:
    from providers.canonical import Target

    return Target(provider="demo", model="demo", vendor=vendor("demo"))


async def test_the_hanging_model_hangs_until_it_is_let_go() -> None:
    asked = asyncio.create_task(send({"model": "demo-hang", "messages": HELLO}))
    done, _ = await asyncio.wait([asked], timeout=0.05)
    assert not done
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked


async def test_the_broken_stream_breaks_and_the_whole_one_cannot_be_read() -> None:
    reply = await send({"model": "demo-broken-stream", "messages": HELLO, "stream": True})
    reader = wire("openai").stream_reader(_target())
    events = [event for piece in [piece async for piece in reply.body] for event in reader.feed(piece)]
    assert type(reader.close()[-1]).__name__ == "Failed"
    assert any(type(event).__name__ == "TextDelta" for event in events)
    with pytest.raises(json.JSONDecodeError):
        await ask({"model": "demo-broken-stream", "messages": HELLO})


async def test_a_stream_that_nobody_wants_ends_at_once() -> None:
    reply = await send({"model": "demo", "messages": HELLO, "stream": True})
    assert [await anext(reply.body) for _ in range(2)]  # the role, the first word: now it waits
    waiting = asyncio.ensure_future(anext(reply.body))
    await asyncio.sleep(0)
    started = time.monotonic()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert time.monotonic() - started < 0.01
    with pytest.raises(StopAsyncIteration):
        await anext(reply.body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        {},
        {"model": "demo"},
        {"model": "demo", "messages": "hello"},
        {"model": "demo", "messages": [{"role": "pilot", "content": "x"}]},
        {"model": "demo", "messages": HELLO, "tools": "weather"},
        {"model": "demo", "messages": HELLO, "n": 0},
        {"model": 7, "messages": HELLO},
    ],
)
async def test_bad_requests_get_openai_s_400(body: Any) -> None:
    status, answer = await ask(body)
    assert status == 400
    assert answer["error"]["message"] and answer["error"]["type"] == "invalid_request_error"


async def test_unknown_models_and_addresses_are_404() -> None:
    status, answer = await ask({"model": "demo-9", "messages": HELLO})
    assert (status, answer["error"]["code"]) == (404, "model_not_found")
    assert (await ask(b"", path="/files", method="GET"))[0] == 404


async def test_the_model_list_is_the_vendor_s() -> None:
    _, answer = await ask(b"", path="/models", method="GET")
    assert [one["id"] for one in answer["data"]] == [fact.id for fact in vendor("demo").models]
