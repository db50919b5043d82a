"""A model deployed on Tencent's TI platform. Its token travels bare, and only where the service asks for one."""

from providers.vendors.base import Auth, Quirks, Setting, Vendor

VENDOR = Vendor(
    slug="tencent_ti",
    name="Tencent TI-ONE",
    kind="platform",
    region="cn",
    promise="template",
    base_url="https://{service}-{appid}.gw.{service_region}.ti.tencentcs.com/{service}/v1",
    auth=Auth(scheme="header", header="Authorization", optional=True),
    settings=(
        Setting(name="service", label="Service group", help="Its id, as ms-abcdefgh."),
        Setting(name="appid", label="App ID", help="The account's number."),
        Setting(name="service_region", label="Region", help="As ap-shanghai.", default="ap-shanghai"),
    ),
    completions_path="/completions",
    docs="https://cloud.tencent.com/document/product/851",
    quirks=Quirks(developer_as_system=True),
    env={"api_key": ("TI_AUTH_TOKEN",)},
    note=(
        "Give service group, app ID and region, or copy the service's address with /v1 into the base URL (newer ones "
        "have -sw in their host). The model is the service group's id or what its image serves: fetch models."
    ),
)
