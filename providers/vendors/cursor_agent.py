"""Cursor. It has no public chat API: calls need an OpenAI-compatible address of your own; Cursor's only tests a key."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from providers.vendors.base import Auth, Headers, ModelFact, Outgoing, Quirks, Vendor

CURSORS_OWN = "api.cursor.com"


def made_when_sent(secret: str) -> Headers | None:
    return None


def sign(request: Outgoing, secret: str, settings: Mapping[str, str]) -> Headers:
    """Cursor documents Basic with the key as the user; an OpenAI-compatible server wants Bearer."""
    if urlsplit(request.url).hostname == CURSORS_OWN:
        return (("Authorization", "Basic " + b64encode(f"{secret}:".encode()).decode()),)
    return (("Authorization", f"Bearer {secret}"),)


def model_ids(body: bytes) -> list[str]:
    """Cursor's rows come in ``items`` (v1) or ``models`` (v0), an OpenAI-compatible server's in ``data``."""
    answer: Any = json.loads(body)
    rows = (
        answer
        if isinstance(answer, list)
        else next(answer[key] for key in ("data", "items", "models") if key in answer)
    )
    return [row["id"] if isinstance(row, dict) else row for row in rows]


VENDOR = Vendor(
    slug="cursor_agent",
    name="Cursor Agent",
    kind="cloud",
    promise="template",
    auth=Auth(spell=made_when_sent, sign=sign),
    prefixes=("ext-cursor-",),
    default_model="composer-2.5",
    roles={"fast": "composer-2.5-fast", "code": "composer-2.5"},
    read_models=model_ids,
    quirks=Quirks(developer_as_system=True),
    env={"api_key": ("CURSOR_API_KEY",), "base_url": ("CURSOR_API_BASE",)},
    note=(
        "Cursor has no public chat API. To call models, give the base URL of a server that speaks OpenAI's chat API "
        "for Cursor. To only test a key (crsr_…) or list models, give https://api.cursor.com/v1: that is the Cloud "
        "Agents API, where calls of models answer 404. To use Switchboard from Cursor instead, set Cursor's Override "
        "OpenAI Base URL."
    ),
    docs="https://cursor.com/docs/cloud-agent/api/endpoints",
    models=(
        ModelFact(id="composer-2.5", vision=False, tools=True, reasoning=True),
        ModelFact(id="composer-2.5-fast", tools=True, reasoning=True),
        ModelFact(id="composer-2"),
        ModelFact(id="composer-1.5"),
        ModelFact(id="grok-4.7"),
    ),
)
