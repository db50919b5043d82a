"""Volcengine Ark (Doubao). Its path ends in /v3; ``max_tokens`` and ``max_completion_tokens`` mean different things."""

from providers.vendors.base import ModelFact, Price, Problem, Quirks, Setting, Vendor

_CODES: dict[str, Problem] = {
    "AccountOverdueError": "quota",
    "QuotaExceeded": "quota",
    "SetLimitExceeded": "quota",  # the limit an admin set for the model
    "ModelNotOpen": "model",
    "InvalidEndpoint.ClosedEndpoint": "model",
    "SensitiveContentDetected": "content",
    "SensitiveContentDetected.SevereViolation": "content",
    "SensitiveContentDetected.Violence": "content",
    "InputTextSensitiveContentDetected": "content",
    "InputImageSensitiveContentDetected": "content",
    "OutputTextSensitiveContentDetected": "content",
}

VENDOR = Vendor(
    slug="volcengine",
    name="Volcengine Ark (Doubao)",
    kind="cloud",
    region="cn",
    base_url="https://{host}/api/v3",
    default_model="doubao-seed-2-1-lite-260915",
    roles={"smart": "doubao-seed-2-1-pro-260915", "fast": "doubao-seed-2-1-turbo-260628"},
    settings=(
        Setting(
            name="host",
            label="Host",
            help="Where the key was made: Volcengine (China) or BytePlus (global).",
            default="ark.cn-beijing.volces.com",
            choices=("ark.cn-beijing.volces.com", "ark.ap-southeast.bytepluses.com"),
        ),
    ),
    embeddings="openai",
    docs="https://www.volcengine.com/docs/82379/1494384",
    quirks=Quirks(developer_as_system=True, error_codes=_CODES),
    env={"api_key": ("ARK_API_KEY", "VOLCENGINE_API_KEY"), "base_url": ("VOLCENGINE_API_BASE", "ARK_BASE_URL")},
    note=(
        "max_tokens bounds the answer, max_completion_tokens answer and reasoning. A model is a dated id or an "
        "endpoint (ep-…). Embedding of pictures has a path of its own and is not offered."
    ),
    models=(
        ModelFact(
            id="doubao-seed-2-1-pro-260915",
            context_window=1_024_000,
            max_output=256_000,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.8625, output=4.3125, cached_input=0.1725),
        ),
        ModelFact(
            id="doubao-seed-2-1-lite-260915",
            context_window=1_024_000,
            max_output=256_000,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.115, output=0.388126, cached_input=0.023),
        ),
        ModelFact(
            id="doubao-seed-2-1-turbo-260628",
            context_window=256_000,
            max_output=256_000,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.43125, output=2.15625, cached_input=0.08625),
        ),
        ModelFact(
            id="doubao-seed-2-0-pro-260215",
            context_window=256_000,
            max_output=128_000,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(
            id="doubao-seed-2-0-mini-260215",
            context_window=256_000,
            max_output=128_000,
            vision=True,
            tools=True,
            reasoning=True,
        ),
        ModelFact(id="deepseek-v3-2-251201", context_window=98_304, max_output=32_768, tools=True, reasoning=True),
        ModelFact(id="doubao-embedding-large-text-250515", mode="embedding", context_window=4_096),
    ),
)
