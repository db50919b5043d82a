"""What every vendor file must hold to, whoever wrote it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import get_args
from urllib.parse import urlsplit

import pytest

from providers.embeddings.base import dialect as embedding_dialect
from providers.env import RESERVED
from providers.moderations.base import dialect as moderation_dialect
from providers.rerank.base import dialect as rerank_dialect
from providers.templates import blanks, fill
from providers.vendors import Kind, Promise, Region, Vendor, all_vendors
from providers.wires import wire

VENDORS = sorted(all_vendors().values(), key=lambda one: one.slug)
FREE = {"demo", "modelscope", "openai", "siliconflow", "spark", "zhipu"}  # they have models that cost nothing
SHARED = {"AWS_BEARER_TOKEN_BEDROCK"}  # key variables that speak for more than one vendor, and should

every_vendor = pytest.mark.parametrize("facts", VENDORS, ids=lambda one: one.slug)


def paths(facts: Vendor) -> Iterator[str]:
    given = (facts.chat_path, facts.completions_path, facts.embeddings_path, facts.rerank_path)
    return (path for path in (*given, facts.models_path, facts.probe_path) if path)


@every_vendor
def test_its_words_are_ours(facts: Vendor) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", facts.slug) and facts.name
    assert facts.kind in get_args(Kind) and facts.region in get_args(Region) and facts.promise in get_args(Promise)
    assert facts.docs.startswith("https://") or facts.kind == "simulation"
    assert facts.shutdown is None or re.fullmatch(r"\d{4}-\d\d-\d\d", facts.shutdown)


@every_vendor
def test_its_address_and_paths_can_be_put_together(facts: Vendor) -> None:
    known = {setting.name: setting.default or "x" for setting in facts.settings}
    assert set(blanks(facts.base_url or "")) <= set(known)
    if facts.base_url is not None and facts.answers is None:
        address = urlsplit(fill(facts.base_url, known))
        assert address.scheme in {"http", "https"} and address.hostname and not facts.base_url.endswith("/")
        assert address.scheme == "https" or address.hostname in {"localhost", "127.0.0.1"} or facts.kind == "local"
    for path in paths(facts):
        assert path.startswith(("/", "https://")), path
        assert set(blanks(path)) <= {*known, "model"}, path


@every_vendor
def test_who_has_no_address_says_that_one_is_needed(facts: Vendor) -> None:
    if facts.base_url is None:
        assert facts.promise == "template"
    if facts.promise == "template":
        assert re.search("address|base URL", facts.note), "a template's note says what address to give"


@every_vendor
def test_its_models_are_told_once_and_its_default_is_one_of_them(facts: Vendor) -> None:
    ids = [model.id for model in facts.models]
    assert [one for one, times in Counter(ids).items() if times > 1] == []
    assert all(one == one.strip() and one.isprintable() and not set(one) & set("(){}") for one in ids)
    if facts.default_model is not None:
        assert facts.default_model in ids
        chats = {model.id for model in facts.models if model.mode in ("chat", "responses")}
        assert facts.default_model in chats or facts.chat_path is None


@every_vendor
def test_its_figures_are_figures(facts: Vendor) -> None:
    for model in facts.models:
        for limit in (model.context_window, model.max_output):
            assert limit is None or limit > 0, model.id
        if model.price is None:
            continue
        prices = (model.price.input, model.price.output, model.price.cached_input, model.price.cache_write)
        assert any(price is not None for price in prices), f"{model.id}: an unknown price is no Price()"
        assert all(price is None or price > 0 or (price == 0 and facts.slug in FREE) for price in prices), model.id
        if model.price.input and model.price.cached_input:
            assert model.price.cached_input <= model.price.input, model.id


@every_vendor
def test_its_wires_and_dialects_exist(facts: Vendor) -> None:
    for name in (facts.wire, *facts.other_wires):
        assert wire(name)
    if facts.embeddings:
        assert embedding_dialect(facts.embeddings).name == facts.embeddings
    if facts.rerank:
        assert rerank_dialect(facts.rerank).name == facts.rerank
    if facts.moderations:
        assert moderation_dialect(facts.moderations).name == facts.moderations
    modes = {model.mode for model in facts.models}
    assert facts.embeddings or "embedding" not in modes
    assert facts.rerank or "rerank" not in modes


@every_vendor
def test_its_settings_can_be_forms_headers_and_variables(facts: Vendor) -> None:
    names = [setting.name for setting in facts.settings]
    headers = [setting.header.lower() for setting in facts.settings if setting.header]
    assert len(set(names)) == len(names) and len(set(headers)) == len(headers)
    assert not set(headers) & {"authorization", facts.auth.header.lower(), *(name.lower() for name in facts.headers)}
    for setting in facts.settings:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", setting.name) and setting.name not in RESERVED and setting.label
        assert not setting.choices or setting.default in ("", *setting.choices)
        assert not (setting.secret and setting.name in blanks(facts.base_url or "")), "an address is shown to admins"


@every_vendor
def test_its_quirks_do_not_contradict_each_other(facts: Vendor) -> None:
    quirks = facts.quirks
    assert not quirks.drop & set(quirks.rename.values())
    assert not quirks.drop & set(quirks.rename)
    assert not set(quirks.rename) & set(quirks.rename.values())
    assert not quirks.drop & quirks.extra_body.keys()
    assert not (quirks.drop | set(quirks.rename)) & {"model", "messages", "stream", "tools"}
    assert not quirks.message_drop & {"role", "content", "tool_calls", "tool_call_id"}
    assert quirks.usage_in_stream != "option" or "stream_options" not in quirks.drop
    assert not (quirks.system_role == "developer" and quirks.developer_as_system)
    assert quirks.reasoning_fields and len(set(quirks.reasoning_fields)) == len(quirks.reasoning_fields)
    if quirks.tool_call_id_pattern:
        re.compile(quirks.tool_call_id_pattern)


@every_vendor
def test_a_public_list_is_not_taken_for_a_test_of_a_key(facts: Vendor) -> None:
    """A probe of its own is only named where the model list does not do."""
    assert facts.probe_path is None or facts.probe_path != facts.models_path
    assert facts.models_path is not None or facts.models_need_token, "there is no list to be public"


@every_vendor
def test_what_is_off_by_default_says_why(facts: Vendor) -> None:
    assert not facts.opt_in or "terms" in facts.note


@every_vendor
def test_its_variables_are_its_own(facts: Vendor) -> None:
    known = {"api_key", "base_url", "model", *(setting.name for setting in facts.settings)}
    assert set(facts.env) <= known
    for name, variables in facts.env.items():
        assert all(re.fullmatch("[A-Z][A-Z0-9_]*", variable) for variable in variables)
        assert len(set(variables)) == len(variables), name


def test_no_key_or_address_speaks_for_two_vendors() -> None:
    """Not even through a provider's own ``<NAME>_API_KEY``: the other would be warned of or re-pointed by it."""
    claimed: dict[str, str] = {}
    for facts in VENDORS:
        own = {f"{facts.slug}_api_key".upper(), f"{facts.slug}_base_url".upper()}
        for variable in own.union(*(facts.env.get(name, ()) for name in ("api_key", "base_url"))) - SHARED:
            assert variable not in claimed, f"{variable}: {claimed[variable]} and {facts.slug}"
            claimed[variable] = facts.slug


def test_no_two_vendors_have_a_name_alias_or_prefix_in_common() -> None:
    words = Counter(name for facts in VENDORS for name in {facts.slug, *facts.aliases})
    prefixes = Counter(
        prefix for facts in VENDORS for prefix in {f"ext-{facts.slug}-".replace("_", "-"), *facts.prefixes}
    )
    assert [word for word, times in (words + prefixes).items() if times > 1] == []
    assert len({facts.name for facts in VENDORS}) == len(VENDORS)
