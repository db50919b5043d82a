"""The OpenAI-family vendor files: what each says, held against what the rest of the house expects of it."""

from __future__ import annotations

import re

import pytest

from providers.vendors import all_vendors, vendor

FAMILY = [
    "openai",
    "openai_compatible",
    "openrouter",
    "litellm",
    "xai",
    "llama_cpp",
    "groq",
    "together",
    "mistral",
    "deepseek",
    "lead_worker",
    "atlas",
]


@pytest.mark.parametrize("slug", FAMILY)
def test_a_vendor_of_the_family_is_complete(slug: str) -> None:
    facts = vendor(slug)
    assert facts.slug == slug and facts.wire == "openai" and facts.name
    assert facts.base_url is None or not facts.base_url.endswith("/")
    assert facts.default_model is None or facts.default_model in {model.id for model in facts.models}
    assert len({model.id for model in facts.models}) == len(facts.models)
    assert facts.quirks.reasoning_fields
    if facts.quirks.tool_call_id_pattern:
        re.compile(facts.quirks.tool_call_id_pattern)


def test_only_services_of_ones_own_have_no_default_address() -> None:
    assert {slug for slug in FAMILY if vendor(slug).base_url is None} == {"openai_compatible", "litellm", "lead_worker"}


def test_a_vendor_without_keys_leases_an_anonymous_token() -> None:
    optional = {slug for slug in FAMILY if vendor(slug).auth.optional}
    assert optional == {"openai_compatible", "litellm", "llama_cpp", "lead_worker"}


def test_kinds_and_regions_are_told() -> None:
    assert {slug for slug in FAMILY if vendor(slug).kind == "local"} == {"llama_cpp", "lead_worker"}
    assert {slug for slug in FAMILY if vendor(slug).kind == "aggregator"} == {"openrouter", "litellm", "atlas"}
    assert {slug for slug in FAMILY if vendor(slug).region == "cn"} == {"deepseek"}


def test_the_short_prefixes_are_theirs() -> None:
    assert vendor("lead_worker").prefixes == ("ext-leadworker-",)
    assert vendor("atlas").prefixes == ("atlas-",)


def test_the_retired_catalogue_is_shipped_whole() -> None:
    atlas = vendor("atlas")
    assert len(atlas.models) == 58 and atlas.shutdown == "2026-07-30"
    assert sum(model.mode == "embedding" for model in atlas.models) == 4
    assert "GITHUB_TOKEN" in atlas.env["api_key"]


def test_no_vendor_renames_a_field_to_one_it_drops() -> None:
    for facts in all_vendors().values():
        assert not facts.quirks.drop & set(facts.quirks.rename.values())
        assert not facts.quirks.drop & set(facts.quirks.rename)


def test_settings_that_travel_as_headers_have_names_of_their_own() -> None:
    for slug in FAMILY:
        headers = [setting.header.lower() for setting in vendor(slug).settings if setting.header]
        assert len(set(headers)) == len(headers) and "authorization" not in headers
