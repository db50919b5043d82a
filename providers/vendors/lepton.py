"""Lepton AI, now NVIDIA DGX Cloud Lepton: an address for each endpoint, no public models."""

from providers.vendors.base import Auth, Quirks, Vendor

VENDOR = Vendor(
    slug="lepton",
    name="Lepton AI",
    kind="cloud",
    promise="template",
    auth=Auth(optional=True),
    completions_path="/completions",
    docs="https://docs.nvidia.com/dgx-cloud/lepton/features/endpoints/",
    quirks=Quirks(developer_as_system=True),
    env={"api_key": ("LEPTON_API_TOKEN", "LEPTON_WORKSPACE_TOKEN", "LEPTON_AUTH_TOKEN")},
    note=(
        "Copy the address from the endpoint's page, up to and including /v1, and its token unless it is public. The "
        "serverless hosts (*.lepton.run, api.lepton.ai) are believed gone."
    ),
)
