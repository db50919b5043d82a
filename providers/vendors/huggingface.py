"""Hugging Face Inference Providers: one router before many. A model's suffix chooses the provider (``:groq``,
``:fastest``, ``:cheapest``)."""

from providers.vendors.base import ModelFact, Price, Quirks, Setting, Vendor

VENDOR = Vendor(
    slug="huggingface",
    name="Hugging Face",
    kind="aggregator",
    promise="verified",
    base_url="https://router.huggingface.co/v1",
    settings=(
        Setting(
            name="bill_to",
            label="Bill to",
            help="The organization that pays, instead of the token's owner.",
            header="X-HF-Bill-To",
        ),
    ),
    default_model="openai/gpt-oss-120b",
    roles={"code": "moonshotai/Kimi-K2.7-Code"},
    models_need_token=False,
    embeddings="huggingface",
    quirks=Quirks(developer_as_system=True),
    docs="https://huggingface.co/docs/inference-providers/tasks/chat-completion",
    env={
        "api_key": ("HF_TOKEN", "HUGGINGFACE_API_KEY", "HUGGINGFACEHUB_API_TOKEN"),
        "base_url": ("HUGGINGFACE_API_BASE",),
    },
    note=(
        "What tools, schemas and reasoning_effort do, and what it costs, depends on the provider the router chooses. "
        "An Inference Endpoint of one's own is this vendor too: its address and /v1."
    ),
    models=(
        ModelFact(
            id="openai/gpt-oss-120b",
            context_window=131_072,
            max_output=32_768,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.25, output=0.69),
        ),
        ModelFact(
            id="deepseek-ai/DeepSeek-V4-Pro",
            context_window=1_048_576,
            max_output=393_216,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.435, output=0.87, cached_input=0.003625),
        ),
        ModelFact(
            id="moonshotai/Kimi-K2.7-Code",
            context_window=262_144,
            max_output=262_144,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.95, output=4.0),
        ),
        ModelFact(
            id="zai-org/GLM-5.2",
            context_window=262_144,
            max_output=131_072,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=1.4, output=4.4),
        ),
        ModelFact(
            id="MiniMaxAI/MiniMax-M3",
            context_window=524_288,
            max_output=128_000,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.3, output=1.2),
        ),
        ModelFact(
            id="Qwen/Qwen3.5-397B-A17B",
            context_window=262_144,
            max_output=32_768,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.6, output=3.6),
        ),
        ModelFact(
            id="meta-llama/Llama-3.3-70B-Instruct",
            context_window=131_072,
            max_output=4_096,
            vision=False,
            tools=True,
            reasoning=False,
            price=Price(input=0.59, output=0.79),
        ),
        ModelFact(id="Qwen/Qwen3-Embedding-8B", mode="embedding", context_window=32_000, price=Price(input=0.01)),
    ),
)
