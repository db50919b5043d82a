"""Anthropic's vendor file: how its tokens travel, and that its models are ones the wire knows."""

from __future__ import annotations

import pytest

from providers.vendors import base
from providers.vendors.anthropic import VENDOR
from providers.wires.anthropic.claude import STRANGER, traits


def test_an_api_key_and_an_oauth_token_travel_differently() -> None:
    assert VENDOR.auth.headers("sk-ant-api03-x") == (("x-api-key", "sk-ant-api03-x"),)
    assert VENDOR.auth.headers("sk-ant-oat01-x") == (
        ("Authorization", "Bearer sk-ant-oat01-x"),
        ("anthropic-beta", "oauth-2025-04-20"),
    )
    assert VENDOR.auth.headers(None) == ()


def test_the_file_is_found_and_its_default_model_is_listed() -> None:
    assert base.vendor("anthropic") is VENDOR
    assert VENDOR.default_model in [model.id for model in VENDOR.models]


@pytest.mark.parametrize("model", VENDOR.models, ids=lambda model: model.id)
def test_the_wire_knows_every_listed_model(model: base.ModelFact) -> None:
    assert traits(model.id) is not STRANGER


@pytest.mark.parametrize(
    ("model", "thinking", "sampling"),
    [
        ("anthropic.claude-opus-4-7-v1:0", "adaptive", False),
        ("claude-haiku-4-5@20251001", "budget", True),
        ("anthropic/claude-opus-4.6", "adaptive", True),
        ("claude-3-7-sonnet-20250219", "budget", True),
        ("claude-3-5-sonnet-latest", "none", True),
        ("claude-sonnet-4-20250514", "budget", True),
        ("claude-mythos-preview", "adaptive", False),
        ("claude-newname-7-2", "adaptive", False),
        ("claude-2.1", "none", True),
        ("claude-instant-1.2", "none", True),
        ("deepseek-chat", "budget", True),
    ],
)
def test_a_models_generation_is_read_off_its_id(model: str, thinking: str, sampling: bool) -> None:
    found = traits(model)
    assert (found.thinking, found.sampling) == (thinking, sampling)
