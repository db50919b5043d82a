"""IBM watsonx.ai. A model named ``deployment/<id>`` is a deployment of one's own."""

from __future__ import annotations

import json

from providers.auth.ibm import IBM_AUTH
from providers.vendors.base import ModelFact, Price, Quirks, Setting, Vendor


def read_models(body: bytes) -> list[str]:
    """Of ``{"resources": [{"model_id": …}]}``. Raises ``ValueError`` for anything else."""
    told = json.loads(body)
    rows = told.get("resources") if isinstance(told, dict) else None
    if not isinstance(rows, list):
        raise ValueError("no list of models")
    names = [row.get("model_id") for row in rows if isinstance(row, dict)]
    return [name for name in names if isinstance(name, str)]


VENDOR = Vendor(
    slug="watsonx",
    name="IBM watsonx.ai",
    kind="platform",
    wire="watsonx",
    base_url="https://{region}.ml.cloud.ibm.com",
    auth=IBM_AUTH,
    settings=(
        Setting(
            name="region",
            label="Region",
            help="us-south, eu-de, eu-gb, jp-tok, au-syd or ca-tor. Part of the address.",
            default="us-south",
        ),
        Setting(name="project_id", label="Project ID", help="Who is billed. One of project and space is needed."),
        Setting(name="space_id", label="Space ID", help="Of a deployment space, instead of a project."),
        Setting(
            name="api_version",
            label="API version",
            help="A date, as 2025-09-10, sent as ?version=.",
            default="2025-09-10",
        ),
        Setting(
            name="iam_url",
            label="IAM address",
            help="Where API keys are exchanged for access tokens.",
            default="https://iam.cloud.ibm.com",
        ),
    ),
    default_model="ibm/granite-4-h-small",
    chat_path="/ml/v1/text/chat?version={api_version}",
    embeddings="watsonx",
    embeddings_path="/ml/v1/text/embeddings?version={api_version}",
    rerank="watsonx",
    rerank_path="/ml/v1/text/rerank?version={api_version}",
    models_path="/ml/v1/foundation_model_specs?version={api_version}&limit=200",
    models_need_token=False,
    read_models=read_models,
    quirks=Quirks(
        usage_in_stream="always",
        developer_as_system=True,
        drop=frozenset(
            {
                "parallel_tool_calls",
                "user",
                "store",
                "metadata",
                "service_tier",
                "prompt_cache_key",
                "safety_identifier",
            }
        ),
    ),
    docs="https://cloud.ibm.com/apidocs/watsonx-ai",
    env={
        "api_key": ("WATSONX_API_KEY", "WATSONX_APIKEY", "WX_API_KEY", "WATSONX_TOKEN"),
        "base_url": ("WATSONX_URL", "WATSONX_API_BASE", "WX_URL"),
        "space_id": ("WATSONX_DEPLOYMENT_SPACE_ID",),
    },
    note=(
        "A token is an IBM Cloud API key, an access token (eyJ…), or 'ZenApiKey <base64 of user:key>' for Cloud Pak "
        "for Data. A model named deployment/<id> goes to that deployment and needs neither project nor space."
    ),
    models=(
        ModelFact(
            id="ibm/granite-4-h-small",
            context_window=131_072,
            vision=False,
            tools=True,
            price=Price(input=0.0636, output=0.265),
        ),
        ModelFact(
            id="meta-llama/llama-3-3-70b-instruct",
            context_window=131_072,
            vision=False,
            tools=True,
            price=Price(input=0.7526, output=0.7526),
        ),
        ModelFact(
            id="meta-llama/llama-4-maverick-17b-128e-instruct-fp8",
            context_window=131_072,
            max_output=8_192,
            tools=True,
            price=Price(input=0.371, output=1.484),
        ),
        ModelFact(
            id="mistralai/mistral-medium-2505",
            context_window=128_000,
            tools=True,
            price=Price(input=3.0, output=10.0),
        ),
        ModelFact(id="openai/gpt-oss-120b", context_window=131_072, price=Price(input=0.159, output=0.636)),
        ModelFact(id="ibm/granite-embedding-278m-multilingual", mode="embedding", context_window=512),
    ),
)
