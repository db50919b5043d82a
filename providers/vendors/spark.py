"""iFlytek Spark. Each model version has its own password and X models another path."""

from providers.vendors.base import ModelFact, Price, Problem, Quirks, Setting, Vendor

# Of ``code``, 0 where all is well: https://www.xfyun.cn/doc/spark/接口说明.html
_CODES: dict[str, Problem] = {
    **dict.fromkeys(("10006", "10007", "11202", "11203"), "rate"),
    **dict.fromkeys(("10008", "10110"), "busy"),
    **dict.fromkeys(("10013", "10014", "10019", "10021"), "content"),
    **dict.fromkeys(("10009", "10010", "10011", "10012", "10222"), "failed"),
    **dict.fromkeys(("10016", "11200", "11201"), "quota"),
    **dict.fromkeys(("10003", "10004", "10005", "10163"), "request"),
    "10015": "key",
    "10907": "context",
}

VENDOR = Vendor(
    slug="spark",
    name="iFlytek Spark",
    kind="cloud",
    region="cn",
    base_url="https://spark-api-open.xf-yun.com/{api_version}",
    default_model="4.0Ultra",
    roles={"fast": "lite"},
    settings=(
        Setting(
            name="api_version",
            label="API version",
            help="v2 for the X models (spark-x), v1 for all others.",
            default="v1",
            choices=("v1", "v2"),
        ),
    ),
    models_path=None,
    docs="https://www.xfyun.cn/doc/spark/HTTP%E8%B0%83%E7%94%A8%E6%96%87%E6%A1%A3.html",
    quirks=Quirks(
        rename={"max_completion_tokens": "max_tokens"},
        usage_in_stream="always",
        error_codes=_CODES,
        errors_in_frames=True,
        developer_as_system=True,
    ),
    env={"api_key": ("SPARK_API_PASSWORD", "SPARK_API_KEY", "IFLYTEK_SPARK_API_PASSWORD")},
    note=(
        "The token is the APIPassword of one model version: make a provider for each version you use. Only Max "
        "(generalv3.5, max-32k) and 4.0Ultra know a system message and tools. No free call tests a password."
    ),
    models=(
        ModelFact(id="spark-x", context_window=128_000, max_output=8_192, vision=False, tools=True, reasoning=True),
        ModelFact(id="4.0Ultra", context_window=32_768, max_output=32_768, tools=True),
        ModelFact(id="generalv3.5", context_window=8_192, max_output=8_192, tools=True),
        ModelFact(id="max-32k", context_window=32_768, max_output=8_192, tools=True),
        ModelFact(id="generalv3", context_window=8_192, max_output=8_192, tools=False),
        ModelFact(id="pro-128k", context_window=131_072, max_output=4_096, tools=False),
        ModelFact(id="lite", context_window=8_192, max_output=4_096, tools=False, price=Price(input=0, output=0)),
    ),
)
