"""A model deployed on Alibaba Cloud PAI-EAS. Its token travels bare, without Bearer."""

from providers.vendors.base import Auth, ModelFact, Quirks, Setting, Vendor

VENDOR = Vendor(
    slug="alibaba_pai",
    name="Alibaba PAI-EAS",
    kind="platform",
    region="cn",
    promise="template",
    base_url="https://{uid}.{service_region}.pai-eas.aliyuncs.com/api/predict/{service}/v1",
    auth=Auth(scheme="header", header="Authorization"),
    default_model="Qwen3-8B",
    settings=(
        Setting(name="uid", label="Account UID", help="The number the service's address begins with."),
        Setting(name="service_region", label="Region", help="As cn-hangzhou.", default="cn-hangzhou"),
        Setting(name="service", label="Service name", help="The name given at deployment."),
    ),
    completions_path="/completions",
    embeddings="openai",
    docs="https://help.aliyun.com/zh/pai/user-guide/deploy-an-llm",
    quirks=Quirks(developer_as_system=True),
    env={
        "api_key": ("PAIEAS_API_KEY", "EAS_SERVICE_TOKEN", "EAS_TOKEN"),
        "base_url": ("PAIEAS_API_BASE", "EAS_SERVICE_URL", "EAS_ENDPOINT"),
    },
    note=(
        "Give UID, region and service, or the service's whole address with /v1 as the base URL (gateways and VPC "
        "addresses have other forms). A service serves one model: fetch models. The shipped ids are examples."
    ),
    models=(
        ModelFact(id="Qwen3-8B", context_window=131_072, max_output=8_192, tools=True, reasoning=True),
        ModelFact(id="DeepSeek-V3"),
    ),
)
