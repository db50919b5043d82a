"""LM Studio, on this machine. Loads a model when it is first asked for."""

from providers.vendors.base import Auth, ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="lm_studio",
    name="LM Studio",
    kind="local",
    region="any",
    base_url="http://localhost:1234/v1",
    auth=Auth(optional=True),
    default_model="openai/gpt-oss-20b",
    roles={"code": "qwen/qwen3-coder-30b"},
    completions_path="/completions",
    embeddings="openai",
    docs="https://lmstudio.ai/docs/developer/openai-compat",
    quirks=Quirks(rename={"max_completion_tokens": "max_tokens"}, developer_as_system=True),
    env={
        "api_key": ("LM_API_TOKEN", "LM_STUDIO_API_KEY", "LMSTUDIO_API_KEY"),
        "base_url": ("LM_STUDIO_API_BASE", "LMSTUDIO_BASE_URL"),
    },
    note="The first call loads the model and takes long. response_format json_object is refused: use json_schema.",
    models=(
        ModelFact(
            id="openai/gpt-oss-20b", context_window=131_072, max_output=32_768, vision=False, tools=True, reasoning=True
        ),
        ModelFact(
            id="qwen/qwen3-coder-30b",
            context_window=262_144,
            max_output=65_536,
            vision=False,
            tools=True,
            reasoning=False,
        ),
        ModelFact(
            id="qwen/qwen3-30b-a3b-2507",
            context_window=262_144,
            max_output=16_384,
            vision=False,
            tools=True,
            reasoning=False,
        ),
    ),
)
