"""A lead/worker service: a strong model that leads and a cheap one that works, behind one OpenAI-compatible address."""

from providers.vendors.base import Auth, ModelFact, Quirks, Vendor

VENDOR = Vendor(
    slug="lead_worker",
    name="Lead Worker",
    kind="local",
    region="any",
    promise="template",
    auth=Auth(optional=True),
    prefixes=("ext-leadworker-",),
    default_model="lead",
    roles={"smart": "lead", "fast": "worker", "cheap": "worker"},
    embeddings="openai",
    quirks=Quirks(developer_as_system=True),
    env={"api_key": ("LEAD_WORKER_API_KEY",), "base_url": ("LEAD_WORKER_BASE_URL",), "model": ("LEAD_WORKER_MODEL",)},
    note="Not a public service: give the address of your own. The model names are placeholders: fetch models.",
    docs="https://block.github.io/goose/docs/tutorials/lead-worker/",
    models=(
        ModelFact(id="lead"),
        ModelFact(id="worker"),
        ModelFact(id="lead-worker"),
        ModelFact(id="planner"),
        ModelFact(id="reviewer"),
    ),
)
