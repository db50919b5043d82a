"""Vendors' model lists in their own words, and what becomes of them in the catalogue."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from providers import findings
from providers.compiling import compile_provider
from providers.listed import ListedModel, read_list, read_row, usable
from providers.models import ConfigVersion, Model, Provider
from providers.vendors import vendor

OPENROUTER = {
    "id": "acme/big",
    "context_length": 200_000,
    "architecture": {"input_modalities": ["text", "image", "audio"], "output_modalities": ["text"]},
    "pricing": {
        "prompt": "0.000003",
        "completion": "0.000015",
        "request": "0",
        "internal_reasoning": "0",
        "input_cache_read": "0.0000003",
        "input_cache_write": "0.00000375",
    },
    "top_provider": {"context_length": 180_000, "max_completion_tokens": 64_000},
    "supported_parameters": ["max_tokens", "tools", "tool_choice", "reasoning", "structured_outputs"],
}


def read(**row: Any) -> ListedModel:
    found = read_row(row)
    assert found is not None
    return found


def test_openrouter_s_row_tells_all() -> None:
    assert read(**OPENROUTER) == ListedModel(
        id="acme/big",
        mode="chat",
        context_window=200_000,
        max_output=64_000,
        vision=True,
        tools=True,
        reasoning=True,
        structured_output=True,
        audio=True,
        price={
            "input": Decimal(3),
            "output": Decimal(15),
            "cached_input": Decimal("0.3"),
            "cache_write": Decimal("3.75"),
        },
    )


def test_what_a_whole_list_of_parameters_leaves_out_is_not_there() -> None:
    plain = read(**{**OPENROUTER, "supported_parameters": ["max_tokens"]})
    assert (plain.tools, plain.reasoning, plain.structured_output) == (False, False, False)
    assert (read(id="m", features=["logprobs"]).tools, read(id="m").vision) == (None, None)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": "g", "context_window": 131072, "max_completion_tokens": 32768, "active": True}, (131072, 32768)),
        ({"id": "t", "type": "chat", "context_length": 8192}, (8192, None)),
        ({"id": "v", "max_model_len": 40960}, (40960, None)),
        ({"id": "claude", "max_input_tokens": 200000, "max_tokens": 64000}, (200000, 64000)),
        ({"id": "d", "metadata": {"context_length": 1000, "max_tokens": 500}}, (1000, 500)),
        ({"name": "models/gemini", "inputTokenLimit": 7, "outputTokenLimit": 5}, (7, 5)),
        ({"model_name": "l", "model_info": {"max_input_tokens": 9, "max_output_tokens": 3}}, (9, 3)),
        ({"id": "bad", "context_length": "many", "max_completion_tokens": -1}, (None, None)),
        ({"id": "bad", "context_length": True, "max_output_tokens": 2**40}, (None, None)),
    ],
)
def test_limits_are_found_under_every_vendor_s_name(row: Any, said: Any) -> None:
    found = read(**row)
    assert (found.context_window, found.max_output) == said


@pytest.mark.parametrize(
    ("row", "abilities"),
    [
        (  # Mistral
            {"capabilities": {"completion_chat": True, "function_calling": True, "vision": False, "audio": True}},
            {"tools": True, "vision": False, "audio": True, "reasoning": None, "mode": "chat"},
        ),
        (  # Copilot
            {"capabilities": {"type": "chat", "supports": {"tool_calls": True, "vision": True, "streaming": True}}},
            {"tools": True, "vision": True, "streaming": True, "structured_output": None},
        ),
        (  # Anthropic
            {"capabilities": {"image_input": {"supported": True}, "thinking": {"supported": False}}},
            {"vision": True, "reasoning": False, "tools": None},
        ),
        (  # LiteLLM
            {"model_info": {"supports_vision": True, "supports_function_calling": None, "mode": "embedding"}},
            {"vision": True, "tools": None, "mode": "embedding"},
        ),
        ({"supports_tools": False, "supports_image_input": True}, {"tools": False, "vision": True}),  # Fireworks
        (  # Hugging Face: the backends differ in tools
            {"providers": [{"supports_tools": True}, {"supports_tools": False}]},
            {"tools": None},
        ),
        ({"features": ["vision", "tools"], "endpoints": ["chat"]}, {"vision": True, "tools": True, "mode": "chat"}),
        ({"supported_endpoints": ["/responses"]}, {"mode": "responses"}),
        ({"supportedGenerationMethods": ["embedContent"]}, {"mode": "embedding"}),
        ({"type": "transcribe"}, {"mode": "transcription"}),
        ({"type": "image"}, {"mode": "other"}),
        ({"type": "model"}, {"mode": None}),
    ],
)
def test_abilities_are_found_in_every_vendor_s_words(row: Any, abilities: dict[str, Any]) -> None:
    found = read(id="m", **row)
    assert {name: getattr(found, name) for name in abilities} == abilities


@pytest.mark.parametrize(
    ("row", "price"),
    [
        (
            {"pricing": {"input": 3, "output": 15, "cached_input": 0.3, "hourly": 0}},
            {"input": 3, "output": 15, "cached_input": "0.3"},
        ),
        ({"pricing": {"input": "0.000003", "output": "0.00001"}}, {"input": 3, "output": 10}),
        ({"pricing": {"input": 10, "cache_read": 1, "unit": "usd_per_1m_tokens"}}, {"input": 10, "cached_input": 1}),
        ({"model_spec": {"pricing": {"input": {"usd": 1.5, "diem": 9}}}}, {"input": "1.5"}),
        ({"model_info": {"input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}}, {"input": 1, "output": 2}),
        ({"input_token_price_per_m": 2700}, {"input": "0.27"}),
        ({"metadata": {"pricing": {"input_tokens": 0.1, "output_tokens": 0.4}}}, {"input": "0.1", "output": "0.4"}),
        ({"pricing": {"prompt": "-1", "completion": "-1"}}, {}),
        ({"pricing": {"input": 0, "output": 0}}, {}),
        ({"pricing": {"prompt": "0", "completion": "0"}, "is_free": True}, {"input": 0, "output": 0}),
        ({"pricing": {"currency": "pollen", "prompt": "0.1"}}, {}),
        ({"pricing": {"prompt": "cheap", "completion": None}}, {}),
        ({"pricing": "free"}, {}),
        ({"pricing": {"prompt": "0.000001", "request": "0.005"}}, {"input": 1, "request": "0.005"}),
    ],
)
def test_prices_are_usd_for_a_million_and_zeros_say_nothing(row: Any, price: dict[str, Any]) -> None:
    assert read(id="m", **row).price == {unit: Decimal(amount) for unit, amount in price.items()}


def test_a_model_called_free_is_free() -> None:
    assert read(id="m:free", pricing={"prompt": "0", "completion": "0"}).price == {"input": 0, "output": 0}


def test_a_price_without_a_currency_is_believed_only_where_it_is_in_dollars() -> None:
    rows = [{"id": "m", "pricing": {"input": 1, "output": 2}}, {"id": "n", "pricing": {"input": 1, "currency": "USD"}}]
    assert [one.price for one in read_list(rows, dollars=False)] == [{}, {"input": 1}]


def test_lists_come_in_many_shapes() -> None:
    for answer in ({"data": [{"id": "a"}, "b"]}, {"models": [{"name": "a"}, {"name": "b"}]}, ["a", "b", 4, None, {}]):
        assert [one.id for one in read_list(answer)] == ["a", "b"]
    for answer in (None, {}, {"data": 1}, "a", 7):
        with pytest.raises(TypeError):
            read_list(answer)


def test_plain_ids_and_rows_may_be_mixed() -> None:
    rows = usable(["a", ListedModel(id="b", tools=True), "a", "", "x" * 251, None, ListedModel(id=" ")])
    assert [(one.id, one.tools) for one in rows] == [("a", None), ("b", True)]


# --- in the catalogue ------------------------------------------------------------------------------


@pytest.fixture
def acme(db: None) -> Provider:
    return Provider.objects.create(
        name="acme", vendor="openai_compatible", dispatch="pooled", base_url="http://acme.test"
    )


def record(provider: Provider, *items: str | ListedModel) -> int:
    return findings.record_models(provider.pk, vendor(provider.vendor), items)


def row(model_id: str = "big") -> Model:
    return Model.objects.get(model_id=model_id)


BIG = ListedModel(id="big", context_window=100, tools=True, price={"input": Decimal(3), "output": Decimal(15)})


def test_what_the_list_says_is_taken_over_with_its_source(acme: Provider) -> None:
    assert record(acme, BIG, "plain") == 2
    assert (row().context_window, row().tools, row().vision) == (100, True, None)
    assert row().sources == {"context_window": "vendor", "tools": "vendor", "mode": "guess"}
    assert row("plain").sources == {"mode": "guess"}


def test_the_list_s_news_reach_the_snapshot_and_no_news_bump_nothing(acme: Provider) -> None:
    record(acme, BIG)
    before = ConfigVersion.objects.get(pk=1).value
    record(acme, BIG)
    assert ConfigVersion.objects.get(pk=1).value == before
    record(acme, ListedModel(id="big", context_window=200, price={"input": Decimal(2), "output": Decimal(9)}))
    assert ConfigVersion.objects.get(pk=1).value > before
    assert (row().context_window, row().tools) == (200, None), "what it no longer says is unknown again"
    compiled = compile_provider(acme.pk, {})
    price = compiled.facts_of("big").price
    assert price is not None and (price.input, price.output, price.source) == (2, 9, "vendor_list")


def test_an_admin_s_value_is_never_overwritten(acme: Provider) -> None:
    record(acme, BIG)
    Model.objects.filter(model_id="big").update(
        context_window=5, sources={**row().sources, "context_window": "admin"}, price_input=Decimal(1)
    )
    record(acme, ListedModel(id="big", context_window=300, price={"input": Decimal(8), "output": Decimal(8)}))
    assert (row().context_window, row().price_input) == (5, Decimal(1))
    price = compile_provider(acme.pk, {}).facts_of("big").price
    assert price is not None and (price.input, price.output, price.source) == (1, 8, "override")


def test_the_list_is_believed_more_than_the_shipped_facts(db: None) -> None:
    made = Provider.objects.create(name="demo_two", vendor="demo")
    fact = vendor("demo").models[0]
    record(made, ListedModel(id=fact.id, context_window=77))
    found = Model.objects.get(provider=made, model_id=fact.id)
    assert (found.context_window, found.max_output) == (77, fact.max_output)
    assert (found.sources["context_window"], found.sources["mode"]) == ("vendor", "shipped")


def test_the_published_limit_fills_what_nobody_else_says(db: None) -> None:
    made = Provider.objects.create(name="openai_two", vendor="openai")
    record(made, "gpt-4o")
    found = Model.objects.get(provider=made, model_id="gpt-4o")
    assert found.context_window and found.sources["context_window"] in ("genai-prices", "shipped")


def test_a_simulation_costs_nothing_and_an_unknown_model_costs_nobody_knows_what(acme: Provider, db: None) -> None:
    record(acme, "plain")
    assert compile_provider(acme.pk, {}).facts_of("plain").price is None
    assert compile_provider(acme.pk, {}).prices_of("never-listed").sheet() is None
