"""Google Vertex AI: Gemini, Claude and open models in a Google Cloud project."""

from __future__ import annotations

from collections.abc import Mapping

from providers.auth.google import never_spelled, vertex_exchange
from providers.vendors.base import Auth, ModelFact, Price, Quirks, Setting, Vendor
from providers.vendors.google import gemini

GOOGLES = ("google/", "publishers/", "projects/", "endpoints/", "models/")


def wire_for(model: str, settings: Mapping[str, str]) -> str | None:
    """Claude speaks Anthropic's dialect; open models (``publisher/name``) OpenAI's; all else is Gemini."""
    if model.removeprefix("publishers/").removeprefix("anthropic/").removeprefix("models/").startswith("claude"):
        return "vertex_anthropic"
    return "openai" if "/" in model and not model.startswith(GOOGLES) else None


def _claude(id: str, prices: tuple[float, float, float]) -> ModelFact:
    return gemini(id, prices, context_window=1_000_000, max_output=128_000)


VENDOR = Vendor(
    slug="vertex_ai",
    name="Google Vertex AI",
    kind="platform",
    wire="vertex_gemini",
    wire_for=wire_for,
    promise="verified",
    # A grant names the host of a region: only the global location is at this one.
    base_url="https://aiplatform.googleapis.com/v1/projects/{project}/locations/{location}",
    auth=Auth(optional=True, spell=never_spelled, exchange=vertex_exchange),
    default_model="gemini-3.8-flash",
    roles={"smart": "claude-opus-5-5", "fast": "gemini-3.5-flash-lite"},
    models=(
        gemini("gemini-3.8-flash", (0.75, 3.75, 0.075)),
        gemini("gemini-3.1-pro-preview", (2.0, 12.0, 0.2)),
        gemini("gemini-3.5-flash", (1.5, 9.0, 0.15), max_output=65_535),
        gemini("gemini-3.5-flash-lite", (0.3, 2.5, 0.03)),
        _claude("claude-opus-5-5", (4.0, 20.0, 0.2)),
        _claude("claude-sonnet-5-5", (2.0, 10.0, 0.1)),
        _claude("claude-haiku-5-5", (0.1, 0.5, 0.01)),
        ModelFact(
            id="zai-org/glm-5.2-maas",
            context_window=1_000_000,
            max_output=64_000,
            tools=True,
            reasoning=True,
            price=Price(input=1.4, output=4.4, cached_input=0.14),
        ),
        ModelFact(
            id="openai/gpt-oss-120b-maas",
            context_window=131_072,
            max_output=32_768,
            reasoning=True,
            price=Price(input=0.09, output=0.36),
        ),
        ModelFact(id="gemini-embedding-001", mode="embedding", context_window=2_048),
    ),
    settings=(
        Setting(name="project", label="Project", help="The id of the Google Cloud project that is billed."),
        Setting(
            name="location",
            label="Location",
            help="A region such as us-central1, a multi-region (us, eu), or global.",
            default="global",
        ),
    ),
    chat_path="/endpoints/openapi/chat/completions",  # of open models; the other wires have their own
    embeddings="vertex",
    embeddings_path="/publishers/google/models/{model}:predict",
    models_path=None,  # the list is outside the project's address
    probe_path="/cachedContents?pageSize=1",
    quirks=Quirks(rename={"max_completion_tokens": "max_tokens"}),
    env={
        "project": ("GOOGLE_CLOUD_PROJECT", "VERTEXAI_PROJECT", "VERTEX_PROJECT", "GOOGLE_VERTEX_PROJECT"),
        "location": ("GOOGLE_CLOUD_LOCATION", "VERTEXAI_LOCATION", "VERTEX_LOCATION", "GOOGLE_VERTEX_LOCATION"),
    },
    aliases=("vertex", "vertexai"),
    note="A token is a service account's JSON, an authorized user's JSON or an access token; without one the machine's"
    " own credentials are used. For an API key (express mode) set the base URL https://aiplatform.googleapis.com/v1.",
    docs="https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference",
)
