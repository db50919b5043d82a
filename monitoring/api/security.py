"""How callers prove who they are, for the schema. Imported with the addresses: that registers it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension

BEARER, API_KEY, COOKIE = "bearer", "api_key", "session"


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "monitoring.api.base.KeyAuthentication"
    name = [BEARER, API_KEY]

    def get_security_definition(self, auto_schema: Any) -> Any:
        bearer = {"type": "http", "scheme": "bearer", "description": "An API key of Switchboard."}
        header = {
            "type": "apiKey",
            "in": "header",
            "name": "x-api-key",
            "description": "The same, as Anthropic's apps.",
        }
        return [bearer, header]

    def get_security_requirement(self, auto_schema: Any) -> Any:
        """Either will do."""
        return [{BEARER: []}, {API_KEY: []}]


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "monitoring.api.base.Session"
    name = COOKIE

    def get_security_definition(self, auto_schema: Any) -> Any:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "A signed-in person. What changes something needs the header X-CSRFToken too.",
        }
