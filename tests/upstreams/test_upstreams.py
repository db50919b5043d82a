"""Real model servers behind Switchboard, spoken to with the openai SDK. ``make test-upstreams`` runs these."""

from __future__ import annotations

from typing import Any

import openai
import pytest

pytestmark = pytest.mark.upstreams

MODELS = ["llama_cpp:tiny", "ext-llama-cpp-tiny", "litellm:tiny-behind-litellm", "ext-litellm-tiny-behind-litellm"]
HELLO: Any = [{"role": "user", "content": "hello"}]


@pytest.mark.parametrize("model", MODELS)
def test_a_whole_chat_comes_back_with_usage(client: openai.OpenAI, model: str) -> None:
    raw = client.chat.completions.with_raw_response.create(model=model, messages=HELLO, max_tokens=8)
    assert raw.headers["x-request-id"]
    reply = raw.parse()
    assert reply.choices[0].finish_reason in {"length", "stop"}
    assert reply.usage is not None
    assert reply.usage.prompt_tokens > 0
    assert reply.usage.completion_tokens > 0  # not at most 8: LiteLLM counts gibberish anew


@pytest.mark.parametrize("model", MODELS)
def test_a_stream_comes_in_pieces_and_ends(client: openai.OpenAI, model: str) -> None:
    chunks = list(client.chat.completions.create(model=model, messages=HELLO, max_tokens=8, stream=True))
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert sum(1 for choice in choices if choice.delta.content) > 1
    finishes = [choice.finish_reason for choice in choices if choice.finish_reason]
    assert len(finishes) == 1 and finishes[0] in {"length", "stop"}
    assert all(chunk.usage is None for chunk in chunks), "usage that nobody asked for"


def test_usage_of_a_stream_comes_where_the_upstream_counts_it(client: openai.OpenAI) -> None:
    """LiteLLM does; llama-cpp-python's server sends none in a stream, whatever it is asked."""
    chunks = list(
        client.chat.completions.create(
            model="litellm:tiny-behind-litellm",
            messages=HELLO,
            max_tokens=8,
            stream=True,
            stream_options={"include_usage": True},
        )
    )
    counted = [chunk.usage for chunk in chunks if chunk.usage]
    assert len(counted) == 1
    assert counted[0].prompt_tokens > 0
    assert counted[0].completion_tokens > 0


def test_llama_cpp_s_own_refusal_reaches_the_app(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="context"):
        client.chat.completions.create(
            model="llama_cpp:tiny", messages=[{"role": "user", "content": "word " * 3000}], max_tokens=8
        )


def test_a_model_that_litellm_does_not_have_is_not_the_apps_key(client: openai.OpenAI) -> None:
    with pytest.raises((openai.NotFoundError, openai.BadRequestError)):
        client.chat.completions.create(model="litellm:no-such-model", messages=HELLO)


def test_a_stranger_gets_switchboard_s_401_and_no_upstream(switchboard: str) -> None:
    with openai.OpenAI(base_url=switchboard, api_key="sb-not-a-key", max_retries=0) as stranger:
        with pytest.raises(openai.AuthenticationError):
            stranger.chat.completions.create(model="litellm:tiny-behind-litellm", messages=HELLO)
