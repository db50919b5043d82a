"""MiniMax. Left alone it writes its reasoning into the text between <think> tags."""

from providers.vendors.base import ModelFact, Price, Problem, Quirks, Setting, Vendor

# Of ``base_resp``: https://platform.minimax.io/docs/api-reference/errorcode
_CODES: dict[str, Problem] = {
    **dict.fromkeys(("1004", "2049"), "key"),
    **dict.fromkeys(("1008", "1028", "1030", "2056"), "quota"),
    **dict.fromkeys(("1002", "1039", "1041", "2045"), "rate"),
    **dict.fromkeys(("1026", "1027"), "content"),
    **dict.fromkeys(("1000", "1013", "1024", "1033"), "failed"),
    **dict.fromkeys(("1042", "2013"), "request"),
    "1001": "timeout",
    "2061": "access",
}

VENDOR = Vendor(
    slug="minimax",
    name="MiniMax",
    kind="cloud",
    region="cn",
    base_url="https://{host}/v1",
    default_model="MiniMax-M3",
    roles={"smart": "MiniMax-M3", "fast": "MiniMax-M2.7-highspeed"},
    settings=(
        Setting(
            name="host",
            label="Host",
            help="Where the key was made: China (minimaxi.com) or global (minimax.io).",
            default="api.minimaxi.com",
            choices=("api.minimaxi.com", "api.minimax.io"),
        ),
        Setting(name="group_id", label="Group ID", help="Needed for embeddings only."),
    ),
    embeddings="minimax",
    embeddings_path="/embeddings?GroupId={group_id}",
    docs="https://platform.minimax.io/docs/api-reference/text-openai-api",
    quirks=Quirks(
        developer_as_system=True,
        reasoning_fields=("reasoning_details", "reasoning_content", "reasoning"),
        extra_body={"reasoning_split": True},
        part_fields=frozenset({"cache_control"}),
        error_codes=_CODES,
        errors_in_frames=True,
    ),
    env={
        "api_key": ("MINIMAX_API_KEY",),
        "base_url": ("MINIMAX_API_BASE",),
        "group_id": ("MINIMAX_GROUP_ID",),
    },
    note=(
        "MiniMax recommends Anthropic's protocol for these models, which is spoken at "
        "https://api.minimax.io/anthropic and https://api.minimaxi.com/anthropic."
    ),
    models=(
        ModelFact(
            id="MiniMax-M3",
            context_window=1_000_000,
            max_output=128_000,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.3, output=1.2, cached_input=0.06),
        ),
        ModelFact(
            id="MiniMax-M3.1-Flash",
            context_window=1_048_576,
            vision=True,
            tools=True,
            reasoning=True,
            price=Price(input=0.15, output=0.6),
        ),
        ModelFact(
            id="MiniMax-M2.7",
            context_window=204_800,
            max_output=131_072,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.3, output=1.2, cached_input=0.06),
        ),
        ModelFact(
            id="MiniMax-M2.7-highspeed",
            context_window=204_800,
            max_output=131_072,
            vision=False,
            tools=True,
            reasoning=True,
            price=Price(input=0.6, output=2.4, cached_input=0.06),
        ),
        ModelFact(
            id="MiniMax-M2.5",
            context_window=204_800,
            max_output=131_072,
            tools=True,
            reasoning=True,
            price=Price(input=0.3, output=1.2, cached_input=0.03),
        ),
        ModelFact(
            id="MiniMax-M2",
            context_window=200_000,
            max_output=8_192,
            tools=True,
            reasoning=True,
            price=Price(input=0.3, output=1.2, cached_input=0.03),
        ),
        ModelFact(id="embo-01", mode="embedding"),
    ),
)
