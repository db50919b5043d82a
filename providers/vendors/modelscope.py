"""ModelScope's free inference: open models, a number of calls a day."""

from providers.vendors.base import ModelFact, Price, Quirks, Vendor

VENDOR = Vendor(
    slug="modelscope",
    name="ModelScope",
    kind="aggregator",
    region="cn",
    base_url="https://api-inference.modelscope.cn/v1",
    default_model="Qwen/Qwen3-235B-A22B-Instruct-2507",
    roles={"code": "Qwen/Qwen3-Coder-30B-A3B-Instruct"},
    embeddings="openai",
    models_need_token=False,
    docs="https://modelscope.cn/docs/model-service/API-Inference/intro",
    quirks=Quirks(
        rename={"max_completion_tokens": "max_tokens"},
        developer_as_system=True,
        text_as_string=True,
    ),
    env={
        "api_key": ("MODELSCOPE_API_KEY", "MODELSCOPE_SDK_TOKEN", "MODELSCOPE_API_TOKEN"),
        "base_url": ("MODELSCOPE_API_BASE",),
    },
    note=(
        "Free within a daily quota, for each model its own. The token is ModelScope's SDK token. Thinking of Qwen3 is "
        "switched with enable_thinking."
    ),
    models=(
        ModelFact(
            id="Qwen/Qwen3-235B-A22B-Instruct-2507",
            context_window=262_144,
            max_output=131_072,
            vision=False,
            tools=True,
            reasoning=False,
            price=Price(input=0, output=0),
        ),
        ModelFact(
            id="Qwen/Qwen3-235B-A22B-Thinking-2507",
            context_window=262_144,
            max_output=131_072,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0, output=0),
        ),
        ModelFact(
            id="Qwen/Qwen3-Coder-30B-A3B-Instruct",
            context_window=262_144,
            max_output=65_536,
            vision=False,
            tools=True,
            reasoning=False,
            price=Price(input=0, output=0),
        ),
        ModelFact(
            id="ZhipuAI/GLM-4.6",
            context_window=202_752,
            max_output=98_304,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0, output=0),
        ),
        ModelFact(id="ZhipuAI/GLM-5", tools=True, reasoning=True, price=Price(input=0, output=0)),
        ModelFact(id="moonshotai/Kimi-K2.5", tools=True, price=Price(input=0, output=0)),
        ModelFact(id="deepseek-ai/DeepSeek-V3.2", tools=True, price=Price(input=0, output=0)),
    ),
)
