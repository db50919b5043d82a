"""Claude Code: Anthropic's API with OAuth tokens (sk-ant-oat01-…), which its terms forbid for most uses."""

from providers.vendors import anthropic
from providers.vendors.base import Auth, Vendor

_MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-fable-5-1")

VENDOR = Vendor(
    slug="claude_code",
    name="Claude Code (OAuth)",
    kind="cloud",
    wire="anthropic",
    base_url="https://api.anthropic.com",
    auth=Auth(),  # Bearer; an x-api-key beside it is refused
    prefixes=("ext-claude-code-",),
    default_model="claude-sonnet-5-5",
    roles={"smart": "claude-fable-5-1", "fast": "claude-haiku-5-5", "code": "claude-opus-5-5"},
    models=tuple(model for model in anthropic.VENDOR.models if model.id in _MODELS),
    headers={**anthropic.VENDOR.headers, "anthropic-beta": anthropic.OAUTH_BETA},
    chat_path=anthropic.VENDOR.chat_path,
    models_path=anthropic.VENDOR.models_path,
    env={"api_key": ("CLAUDE_CODE_OAUTH_TOKEN",)},
    opt_in=True,
    note=(
        "Anthropic's terms allow the OAuth tokens of Free, Pro, Max, Team and Enterprise plans in Claude Code and its "
        "own apps only, and it answers 400 to other traffic. Switch this on for tokens of workload identity "
        "federation, or where the calls come from your own Claude Code. For anything else use API keys with the "
        "provider anthropic. Prices are those of the API; a plan's own limits come as 429."
    ),
    docs="https://code.claude.com/docs/en/legal-and-compliance",
)
