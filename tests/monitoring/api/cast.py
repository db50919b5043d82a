"""The cast of the API's tests: providers with tokens, teams, people, keys, and requests of each."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Permission, User
from django.http import HttpResponse
from django.test import Client

from gateway.models import ApiKey, Team
from providers.models import Model, Provider, Token

SECRETS = ("sk-first-secret-0001", "sk-second-secret-0002")


@dataclass
class Cast:
    """Two teams, red and blue; openai with two tokens, and groq with none."""

    openai: Provider
    groq: Provider
    red: Team
    blue: Team
    keys: dict[str, str] = field(default_factory=dict)


def make_cast() -> Cast:
    openai = provider("openai", dispatch="pooled", base_url="http://10.1.2.3:8080/v1", settings={})
    for secret in SECRETS:
        Token.objects.create(provider=openai, secret=secret)
    Model.objects.filter(provider=openai).delete()
    Model.objects.create(provider=openai, model_id="gpt-4o", vision=True, tools=True, context_window=128_000)
    Model.objects.create(provider=openai, model_id="gpt-mini", vision=False)
    groq = provider("groq", dispatch="off")
    Provider.objects.exclude(pk__in=[openai.pk, groq.pk, provider("github_copilot").pk]).delete()
    cast = Cast(openai, groq, Team.objects.create(name="red"), Team.objects.create(name="blue"))
    for name, scopes, team in (
        ("root", ["admin"], None),
        ("watcher", ["monitoring"], None),
        ("red", ["monitoring"], cast.red),
        ("app", ["inference"], cast.red),
    ):
        _, cast.keys[name] = ApiKey.issue(f"{name} key", scopes=scopes, team=team)
    return cast


def provider(name: str, **fields: Any) -> Provider:
    """The row that ships, changed."""
    row, _ = Provider.objects.update_or_create(name=name, defaults={"vendor": name, **fields})
    return row


def person(name: str, *permissions: str, staff: bool = False, teams: tuple[Team, ...] = ()) -> Client:
    """Signed in."""
    user = User.objects.create_user(name, is_staff=staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    user.teams.set(teams)  # type: ignore[attr-defined]
    client = Client()
    client.force_login(user)
    return client


class Asker:
    """Somebody with an API key."""

    def __init__(self, secret: str, *, header: str = "authorization") -> None:
        value = f"Bearer {secret}" if header == "authorization" else secret
        self.client = Client(headers={header: value})

    def get(self, path: str, **params: Any) -> tuple[int, Any]:
        return read(self.client.get(path, params))

    def post(self, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        content = body if isinstance(body, str | bytes) else "" if body is None else json.dumps(body)
        return read(self.client.post(path, content, content_type="application/json", **more))


def read(reply: Any) -> tuple[int, Any]:
    return reply.status_code, json.loads(reply.content)


def code_of(reply: HttpResponse) -> str:
    found: str = json.loads(reply.content)["error"]["code"]
    return found
