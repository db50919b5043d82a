"""The vendors that are shipped, what sets single ones apart, and a new one by one file."""

from __future__ import annotations

import importlib
import sys
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from yarl import URL

from providers.canonical import Call, HttpParts, Message, Text
from providers.catalogue import CompiledProvider
from providers.compiling import compile_provider
from providers.env import overlay, unused
from providers.env_tokens import sync_tokens
from providers.http import HttpClients
from providers.models import Provider
from providers.shipped import sync_shipped
from providers.templates import fill
from providers.vendors import Outgoing, Vendor, all_vendors, vendor
from providers.wires import wire
from tests import vendor_table

SHIPPED = [
    "openai",
    "anthropic",
    "google",
    "azure",
    "ollama",
    "openrouter",
    "litellm",
    "xai",
    "github_copilot",
    "claude_code",
    "cursor_agent",
    "lead_worker",
    "atlas",
    "groq",
    "together",
    "cohere",
    "mistral",
    "vertex_ai",
    "bedrock",
    "sagemaker",
    "tencent_lke",
    "nvidia_nim",
    "triton",
    "nvidia",
    "deepseek",
    "moonshot",
    "zhipu",
    "qwen",
    "ernie",
    "baichuan",
    "minimax",
    "spark",
    "hunyuan",
    "stepfun",
    "modelscope",
    "qianfan",
    "alibaba_pai",
    "tencent_ti",
    "qiniu",
    "siliconflow",
    "replicate",
    "huggingface",
    "lepton",
    "novita",
    "jina",
    "gpustack",
    "perfxcloud",
    "xorbits",
    "localai",
    "xinference",
    "openllm",
    "tei",
    "llama_cpp",
    "openai_compatible",
    "databricks",
    "perplexity",
    "fireworks",
    "cerebras",
    "deepinfra",
    "vllm",
    "lm_studio",
    "sambanova",
    "cloudflare",
    "volcengine",
    "watsonx",
    "voyage",
]


@pytest.mark.parametrize("slug", SHIPPED)
def test_a_vendor_is_shipped(slug: str) -> None:
    assert vendor(slug).slug == slug


def test_nothing_else_is_shipped_but_the_simulation() -> None:
    assert len(set(SHIPPED)) == 66
    assert set(all_vendors()) - set(SHIPPED) == {"demo"}


def test_the_vendor_page_says_what_the_files_say() -> None:
    text = vendor_table.PAGE.read_text() if vendor_table.PAGE.exists() else ""
    assert text == vendor_table.page(), "write docs/vendors.md anew: python -m tests.vendor_table"


def test_only_services_of_ones_own_have_no_default_address() -> None:
    ours = {"openai_compatible", "litellm", "lead_worker", "lepton", "xorbits", "cursor_agent"}
    assert ours <= {slug for slug, facts in all_vendors().items() if facts.base_url is None}


def test_servers_of_ones_own_can_do_without_a_key() -> None:
    for slug in ("llama_cpp", "vllm", "lm_studio", "localai", "xinference", "openllm", "nvidia_nim", "litellm"):
        assert vendor(slug).auth.optional, slug


def test_the_short_prefixes_are_theirs() -> None:
    assert vendor("lead_worker").prefixes == ("ext-leadworker-",)
    assert vendor("atlas").prefixes == ("atlas-",)
    assert vendor("cursor_agent").prefixes == ("ext-cursor-",)
    assert vendor("claude_code").prefixes == ("ext-claude-code-",)


def test_the_retired_catalogue_is_shipped_whole() -> None:
    atlas = vendor("atlas")
    assert len(atlas.models) == 58 and atlas.shutdown == "2026-07-30"
    assert sum(model.mode == "embedding" for model in atlas.models) == 4
    assert "GITHUB_TOKEN" in atlas.env["api_key"]


def test_a_pool_of_github_tokens_comes_from_numbered_variables() -> None:
    environ = {"GITHUB_TOKEN_2": "two", "GITHUB_TOKEN_1": "one", "ATLAS_TOKEN_1": "own", "GITHUB_TOKEN_x": "no"}
    tokens = overlay("atlas", vendor("atlas"), environ).tokens
    assert [(one.variable, one.secret) for one in tokens] == [
        ("ATLAS_TOKEN_1", "own"),
        ("GITHUB_TOKEN_1", "one"),
        ("GITHUB_TOKEN_2", "two"),
    ]
    assert overlay("atlas_two", vendor("atlas"), environ).tokens == ()


def test_numbered_keys_in_the_file_are_known() -> None:
    file = {"GITHUB_TOKEN_1": "one"}
    (warning,) = unused(file, file, providers={"atlas": (vendor("atlas"), False)})
    assert warning.startswith("GITHUB_TOKEN_1 ") and "ATLAS_ENABLED=1" in warning
    assert unused(file, file, providers={"atlas": (vendor("atlas"), True)}) == []


@pytest.mark.parametrize(
    ("slug", "host", "address"),
    [
        ("moonshot", "api.moonshot.ai", "https://api.moonshot.ai/v1"),
        ("zhipu", "api.z.ai", "https://api.z.ai/api/paas/v4"),
        ("qwen", "dashscope-intl.aliyuncs.com", "https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
        ("minimax", "api.minimax.io", "https://api.minimax.io/v1"),
        ("volcengine", "ark.ap-southeast.bytepluses.com", "https://ark.ap-southeast.bytepluses.com/api/v3"),
    ],
)
def test_a_vendor_with_several_hosts_has_them_as_a_setting(slug: str, host: str, address: str) -> None:
    facts = vendor(slug)
    (setting,) = (one for one in facts.settings if one.name == "host")
    assert host in setting.choices and setting.default in setting.choices
    assert fill(facts.base_url or "", {"host": host}) == address
    elsewhere = overlay(slug, facts, {f"{slug}_HOST".upper(): "evil.test"})
    assert elsewhere.errors and "host" not in elsewhere.settings


@pytest.mark.parametrize("slug", ["alibaba_pai", "tencent_ti"])
def test_a_platform_that_wants_its_token_bare_gets_it_bare(slug: str) -> None:
    assert vendor(slug).auth.headers("abc=") == (("Authorization", "abc="),)


def test_claude_code_speaks_with_a_bearer_token_and_the_beta_it_needs() -> None:
    facts = vendor("claude_code")
    assert facts.auth.headers("sk-ant-oat01-x") == (("Authorization", "Bearer sk-ant-oat01-x"),)
    assert facts.headers["anthropic-beta"] == "oauth-2025-04-20"
    assert facts.headers["anthropic-version"] and len(facts.models) == 4


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.cursor.com/v1/models", "Basic"),
        ("https://mine.test/v1/chat/completions", "Bearer"),
        ("https://api.cursor.com.evil.test/v1/models", "Bearer"),
    ],
)
def test_a_cursor_key_travels_as_the_address_wants_it(url: str, expected: str) -> None:
    sign = vendor("cursor_agent").auth.sign
    assert sign is not None
    ((name, value),) = sign(Outgoing(method="GET", url=url, headers={}, content=b""), "crsr_1", {})
    scheme, _, given = value.partition(" ")
    assert name == "Authorization" and scheme == expected
    assert given == "crsr_1" if scheme == "Bearer" else b64decode(given) == b"crsr_1:"


@pytest.mark.parametrize(
    "body",
    [b'{"items":[{"id":"composer-2.5"}]}', b'{"models":["composer-2.5"]}', b'{"data":[{"id":"composer-2.5"}]}'],
)
def test_cursors_model_list_is_read_in_each_of_its_shapes(body: bytes) -> None:
    read = vendor("cursor_agent").read_models
    assert read is not None and read(body) == ["composer-2.5"]


def test_the_serving_endpoints_of_databricks_are_its_models() -> None:
    read = vendor("databricks").read_models
    assert read is not None and read(b'{"endpoints":[{"name":"databricks-kimi-k3","state":{}}]}') == [
        "databricks-kimi-k3"
    ]


LED_OUT = [
    ("databricks", "models_path", "https://w.test/serving-endpoints", "https://w.test/api/2.0/serving-endpoints"),
    ("qwen", "rerank_path", "https://d.test/compatible-mode/v1", "https://d.test/compatible-api/v1/reranks"),
    ("qwen", "rerank_path", "http://127.0.0.1:9", "http://127.0.0.1:9/compatible-api/v1/reranks"),
    ("novita", "probe_path", "https://n.test/openai/v1", "https://n.test/openapi/v1/billing/balance/detail"),
    ("deepinfra", "probe_path", "https://d.test/v1/openai", "https://d.test/v1/me/rate_limit"),
]


@pytest.mark.parametrize(("slug", "field", "base_url", "whole"), LED_OUT)
async def test_a_path_may_lead_out_of_the_base_url(slug: str, field: str, base_url: str, whole: str) -> None:
    facts = vendor(slug)
    asked: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, content=b"{}")

    clients = HttpClients(transport=httpx.MockTransport(answer))
    provider = CompiledProvider(id=1, name=slug, vendor=facts, wire=wire(facts.wire), base_url=base_url)
    upstream = await clients.send(provider, HttpParts(method="GET", path=getattr(facts, field), content=b""))
    await upstream.close()
    assert asked == [whole] and str(URL(base_url + getattr(facts, field))) == whole


@pytest.mark.django_db
def test_a_vendor_that_must_be_switched_on_by_name_is_not_switched_on_by_its_token() -> None:
    for facts in [one for one in all_vendors().values() if one.opt_in]:
        sync_shipped(simulation_enabled=True)
        name = facts.slug.upper()
        environ = {f"{name}_TOKEN_1": "t", f"{name}_BASE_URL": "https://elsewhere.test"}
        environ |= dict.fromkeys(facts.env.get("api_key", ()), "u")
        sync_tokens(environ)
        row = Provider.objects.get(name=facts.slug)
        off = compile_provider(row.pk, environ)
        assert off.tokens and not off.enabled and not off.active
        assert compile_provider(row.pk, environ | {f"{name}_ENABLED": "1"}).active


GUIDE = Path(vendor_table.PAGE.parent, "adding-a-vendor.md")
REPLY = b"""{"id": "c1", "object": "chat.completion", "created": 1, "model": "acme-1",
"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello there."}, "finish_reason": "stop"}],
"usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}}"""


@pytest.fixture
def acme(tmp_path: Path) -> Iterator[Vendor]:
    """The guide's file in a folder of its own, which is one more place where vendors are looked for."""
    written = GUIDE.read_text().split("```python\n")[1].split("```")[0]
    renamed = written.replace('slug="acme"', 'slug="acme_one_file"').replace("ACME_", "ACME_ONE_FILE_")
    (tmp_path / "acme_one_file.py").write_text(renamed)
    places = importlib.import_module("providers.vendors").__path__
    places.append(str(tmp_path))
    all_vendors.cache_clear()
    yield vendor("acme_one_file")
    places.remove(str(tmp_path))
    all_vendors.cache_clear()
    sys.modules.pop("providers.vendors.acme_one_file")


@pytest.mark.django_db
def test_a_vendor_is_added_by_the_one_file_of_the_guide(acme: Vendor) -> None:
    provider = compiled(acme.slug, {"ACME_ONE_FILE_ENABLED": "1", "ACME_ONE_FILE_API_KEY": "k"})
    assert provider.active and provider.base_url == "https://api.acme.example/v1"
    assert provider.models == {"acme-1", "acme-embed"} and provider.default_model == "acme-1"
    assert provider.tokens[0].auth == (("Authorization", "Bearer k"),)
    hello = Message(role="developer", parts=(Text(text="Say hello."),))
    call = Call(model="acme-1", messages=(hello,), max_output=64, extra={"logit_bias": {"7": 1}})
    sent = provider.wire.write_request(call, provider.target("acme-1"))
    assert sent.path == "/chat/completions" and b'"role":"system"' in sent.content
    assert sent.dropped == ("logit_bias",) and b"logit_bias" not in sent.content
    reply = provider.wire.read_reply(REPLY, provider.target("acme-1"))
    assert reply.usage is not None and (reply.usage.input, reply.usage.output) == (9, 3)
    assert "`acme_one_file`" in vendor_table.page()


def compiled(slug: str, environ: dict[str, str]) -> CompiledProvider:
    sync_shipped(simulation_enabled=False)
    sync_tokens(environ)
    return compile_provider(Provider.objects.get(name=slug).pk, environ)
