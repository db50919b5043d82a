"""Amazon Bedrock: every model over Converse, Claude over InvokeModel too, and an endpoint that speaks OpenAI's chat."""

from __future__ import annotations

import json
from collections.abc import Mapping

from providers.auth.aws import aws_auth
from providers.vendors.base import ModelFact, Price, Setting, Vendor


def read_models(body: bytes) -> list[str]:
    """The ids of ListFoundationModels that need no throughput bought beforehand. Some of them are called by the id of
    an inference profile, which is this one behind a geography (``us.``, ``eu.``, ``global.``)."""
    rows = json.loads(body)["modelSummaries"]
    return [row["modelId"] for row in rows if _is_callable(row)]


def _is_callable(row: Mapping[str, object]) -> bool:
    kinds = row.get("inferenceTypesSupported")
    return not isinstance(kinds, list) or not kinds or "ON_DEMAND" in kinds or "INFERENCE_PROFILE" in kinds


def wire_for(model: str, settings: Mapping[str, str]) -> str | None:
    """InvokeModel is written for Claude only; an ARN does not tell whose model is behind it."""
    if settings.get("wire") != "bedrock_invoke" or model.startswith("arn:") or "anthropic" in model:
        return None
    return "bedrock_converse"


def _claude(id: str, input: float, output: float, cached: float, *, context: int = 1_000_000) -> ModelFact:
    return ModelFact(
        id=id,
        context_window=context,
        max_output=128_000 if context > 200_000 else 64_000,
        vision=True,
        tools=True,
        reasoning=True,
        price=Price(input=input, output=output, cached_input=cached),
    )


VENDOR = Vendor(
    slug="bedrock",
    name="Amazon Bedrock",
    kind="platform",
    wire="bedrock_converse",
    other_wires=("bedrock_invoke", "openai"),
    wire_for=wire_for,
    promise="verified",
    base_url="https://bedrock-runtime.{region}.amazonaws.com",
    auth=aws_auth("bedrock"),
    default_model="anthropic.claude-sonnet-5-5",
    roles={"smart": "anthropic.claude-opus-5-5", "fast": "anthropic.claude-haiku-5-5"},
    settings=(
        Setting(name="region", label="Region", help="As us-east-1. Part of the address, and of every signature."),
        Setting(name="guardrail_id", label="Guardrail", help="Id or ARN of a guardrail that every call passes."),
        Setting(name="guardrail_version", label="Guardrail version", help="A number; DRAFT where it is left out."),
    ),
    chat_path="/v1/chat/completions",  # of the wire openai; the others know their own
    embeddings="bedrock",
    embeddings_path="/model/{model}/invoke",
    rerank="bedrock",
    rerank_path="/model/{model}/invoke",
    moderations="bedrock",
    models_path="https://bedrock.{region}.amazonaws.com/foundation-models",
    read_models=read_models,
    env={
        "api_key": ("AWS_BEARER_TOKEN_BEDROCK",),
        "region": ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_REGION_NAME"),
        "base_url": ("AWS_BEDROCK_RUNTIME_ENDPOINT", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
    },
    note=(
        "A token is a Bedrock API key, or ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]. Without any, AWS's own "
        "chain is asked (environment, profile, role of the machine). Many models are called by the id of an "
        "inference profile (us.anthropic.…). For Bedrock's OpenAI endpoint choose the wire openai; its newest models "
        "are at https://bedrock-mantle.REGION.api.aws."
    ),
    docs="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
    models=(
        _claude("anthropic.claude-opus-5-5", 4.0, 20.0, 0.2),
        _claude("anthropic.claude-sonnet-5-5", 2.0, 10.0, 0.1),
        _claude("anthropic.claude-haiku-5-5", 0.1, 0.5, 0.01),
        _claude("anthropic.claude-sonnet-4-5-20250929-v1:0", 3.0, 15.0, 0.3, context=200_000),
        ModelFact(
            id="amazon.nova-2-lite-v1:0",
            context_window=1_000_000,
            max_output=64_000,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.3, output=2.5, cached_input=0.075),
        ),
        ModelFact(
            id="amazon.nova-pro-v1:0",
            context_window=300_000,
            max_output=10_000,
            vision=True,
            tools=True,
            price=Price(input=0.8, output=3.2, cached_input=0.2),
        ),
        ModelFact(
            id="openai.gpt-oss-120b-1:0",
            context_window=128_000,
            max_output=16_384,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.15, output=0.6),
        ),
        ModelFact(
            id="deepseek.v3.2",
            context_window=164_000,
            max_output=8000,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.62, output=1.85),
        ),
        ModelFact(
            id="qwen.qwen3-coder-480b-a35b-v1:0",
            context_window=262_144,
            max_output=16_384,
            tools=True,
            reasoning=True,
            price=Price(input=0.45, output=1.8),
        ),
        ModelFact(
            id="meta.llama4-maverick-17b-instruct-v1:0",
            context_window=1_000_000,
            max_output=8192,
            tools=True,
            price=Price(input=0.24, output=0.97),
        ),
    ),
)
