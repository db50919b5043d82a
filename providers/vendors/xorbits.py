"""Xorbits: Xinference as somebody hosts it for you. The wire is ``xinference``'s."""

from providers.vendors.base import Auth, Quirks, Vendor

VENDOR = Vendor(
    slug="xorbits",
    name="Xorbits Inference",
    kind="cloud",
    region="cn",
    promise="template",
    auth=Auth(optional=True),
    completions_path="/completions",
    embeddings="openai",
    rerank="jina",
    docs="https://inference.readthedocs.io/en/latest/",
    quirks=Quirks(rename={"max_completion_tokens": "max_tokens"}, developer_as_system=True),
    env={"base_url": ("XORBITS_API_BASE",)},
    note="No public address of Xorbits is known: give that of your installation, with /v1. Models are its model uids.",
)
