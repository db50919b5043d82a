"""drf-spectacular's settings. Data only: the settings module imports it."""

from __future__ import annotations

from typing import Any

TAGS = (
    ("Providers", "Providers as they are set up."),
    ("Tokens", "Upstream credentials, by fingerprint."),
    ("Event logs", "What happened at each provider lately."),
    ("Figures", "Status, metrics, costs and health."),
    ("Request log", "One row a request, without what was said."),
    ("Routing", "What would happen to a request."),
    ("Models", "The gateway's own API: OpenAI's endpoints, for every vendor's models."),
    ("Anthropic", "The gateway's own API: Anthropic's endpoints, for every vendor's models."),
    ("Operations", "For load balancers and Prometheus."),
)
DESCRIPTION = """\
The gateway's own endpoints (`/v1/…`) take an API key with the scope `inference`. Those that watch (`/api/monitoring/…`,
`/providers/…`) take a session, or a key with the scope `monitoring`; to change something the scope `admin`, or the
permission for it. A key of a team, and a member of teams, see their own team's part. A provider's name is matched
without regard to case, `_` and `-`. Every error comes in OpenAI's envelope; below `/v1/messages` in Anthropic's.
"""

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Switchboard",
    "DESCRIPTION": DESCRIPTION,
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "TAGS": [{"name": name, "description": told} for name, told in TAGS],
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": False,
    "COMPONENT_NO_READ_ONLY_REQUIRED": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "Dispatch": "providers.models.Provider.Dispatch",
        "TokenHealth": "providers.models.TokenState.Health",
        "TokenSource": "providers.models.Token.Source",
        "ModelSource": "providers.models.Model.Source",
        "ModelMode": "providers.models.Model.Mode",
        "HealthStatus": "monitoring.api.shapes_watch.HEALTH",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "monitoring.api.gateway_paths.add_gateway",
    ],
    "SCHEMA_PATH_PREFIX": r"/(api/monitoring|providers)",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "list", "filter": True, "persistAuthorization": False},
}
