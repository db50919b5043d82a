"""OpenAI's own Python SDK against a running Switchboard: only base URL and key are changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.server.running import KEY, Server, running

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(Path(tmp_path_factory.mktemp("sdk"))) as started:
        yield started


@pytest.fixture
def client(server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key=KEY, max_retries=0) as made:
        yield made


def ask(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def test_a_whole_answer(client: openai.OpenAI) -> None:
    got = client.chat.completions.create(model="demo", messages=ask("Hello"))  # type: ignore[arg-type]
    assert "Hello" in (got.choices[0].message.content or "")
    assert got.usage is not None and got.usage.completion_tokens > 0
    assert got.choices[0].finish_reason == "stop"


def test_a_stream_with_usage(client: openai.OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model="demo-fast",
            messages=ask("Hello"),  # type: ignore[arg-type]
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    text = "".join(one.choices[0].delta.content or "" for one in chunks if one.choices)
    assert "Hello" in text
    assert chunks[-1].choices == [] and chunks[-1].usage is not None and chunks[-1].usage.total_tokens > 0


def test_the_stream_helper_gathers_a_completion(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(model="demo-fast", messages=ask("Hello")) as stream:  # type: ignore[arg-type]
        for _ in stream:
            pass
        final = stream.get_final_completion()
    assert "Hello" in (final.choices[0].message.content or "")


@pytest.mark.parametrize("streamed", [True, False])
def test_a_tool_is_called_and_its_result_answered(client: openai.OpenAI, streamed: bool) -> None:
    question = ask("What is the weather in Paris?")
    if streamed:
        with client.chat.completions.stream(model="demo-fast", messages=question, tools=[WEATHER]) as stream:  # type: ignore[arg-type, list-item]
            message = stream.get_final_completion().choices[0].message
    else:
        message = (
            client.chat.completions.create(model="demo-fast", messages=question, tools=[WEATHER]).choices[0].message
        )  # type: ignore[arg-type, list-item, assignment]
    assert message.tool_calls
    (call,) = message.tool_calls
    assert call.function.name == "get_weather"  # type: ignore[union-attr]
    assert isinstance(json.loads(call.function.arguments)["city"], str)  # type: ignore[union-attr]
    turns = [
        *question,
        {
            "role": "assistant",
            "tool_calls": [call.model_dump(include={"id": True, "type": True, "function": {"name", "arguments"}})],
        },
        {"role": "tool", "tool_call_id": call.id, "content": "sunny"},
    ]
    answer = client.chat.completions.create(model="demo-fast", messages=turns, tools=[WEATHER])  # type: ignore[arg-type, list-item]
    assert "sunny" in (answer.choices[0].message.content or "")


def test_the_models_are_listed(client: openai.OpenAI) -> None:
    models = {model.id: model.owned_by for model in client.models.list()}
    assert models["demo"] == "demo"
    assert client.models.retrieve("demo").id == "demo"


def test_errors_are_typed(client: openai.OpenAI, server: Server) -> None:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="sk-wrong", max_retries=0) as stranger:
        with pytest.raises(openai.AuthenticationError) as unknown:
            stranger.models.list()
    assert unknown.value.code == "invalid_api_key"
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="no-such-model", messages=ask("x"))  # type: ignore[arg-type]
    assert missing.value.code == "model_not_found"
    assert missing.value.request_id
    with pytest.raises(openai.RateLimitError) as limited:
        client.chat.completions.create(model="demo-429", messages=ask("x"))  # type: ignore[arg-type]
    assert int(limited.value.response.headers["retry-after"]) >= 1
    with pytest.raises(openai.BadRequestError) as bad:
        client.chat.completions.create(model="demo", messages="x")  # type: ignore[call-overload]
    assert bad.value.param == "messages"
    with pytest.raises(openai.InternalServerError) as rejected:
        client.chat.completions.create(model="demo-401", messages=ask("x"))  # type: ignore[arg-type]
    assert rejected.value.status_code == 502


def test_a_stream_that_breaks_raises_in_the_sdk(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(model="demo-broken-stream", messages=ask("x"), stream=True)  # type: ignore[arg-type]
    with pytest.raises(openai.APIError):
        for _ in stream:
            pass
