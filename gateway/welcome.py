"""What a start tells its operator: addresses, what was made, and a call to try."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from django.conf import settings

from gateway import environment
from gateway.bootstrap import ADMIN, Bootstrapped
from providers.env import dispatch_in_force, overlay
from providers.models import Provider


def text(port: int, made: Bootstrapped) -> str:
    """The start's message. The curl holds the key only if it was made just now."""
    base = f"http://{_host()}:{port}"
    lines = [
        "",
        f"Switchboard serves on {base}",
        f"  Admin      {base}/admin/",
        f"  API base   {base}/v1",
        f"  Live log   {base}/live/",
        "",
        *_credentials(made),
        "",
        *_curl(base, made.api_key or "$SWITCHBOARD_API_KEY"),
        "",
        "Ctrl-C stops it.",
    ]
    return "\n".join(lines)


def manage(*words: str) -> str:
    """The command line that runs ``manage.py`` with this Python, as short as it can be from here."""
    python = Path(sys.executable)
    shown = os.path.relpath(python) if python.is_relative_to(settings.BASE_DIR) else str(python)
    return " ".join([shown, os.path.relpath(settings.BASE_DIR / "manage.py"), *words])


def _host() -> str:
    """What to put into a browser on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.HOST, settings.HOST)
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _credentials(made: Bootstrapped) -> list[str]:
    if not made.first:
        return [
            f"A new password for {ADMIN}:  {manage('changepassword', ADMIN)}",
            f"A new API key:           {manage('create_api_key', 'NAME')}",
        ]
    password = made.password or "as BOOTSTRAP_ADMIN_PASSWORD says"
    key = made.api_key or "as BOOTSTRAP_API_KEY says"
    if not made.api_key and not settings.BOOTSTRAP_API_KEY:
        key = "there were keys already"
    lines = [f"  User       {ADMIN}", f"  Password   {password}", f"  API key    {key}"]
    return [*lines, "", "What was made here is shown only this once."] if made.password or made.api_key else lines


def _curl(base: str, key: str) -> list[str]:
    model = _model()
    if not model:
        return ["No provider is on yet: enable one in the admin or with <NAME>_ENABLED=1 in .env."]
    call = f"curl {base}/v1/chat/completions -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json'"
    if key.startswith("$"):
        call = call.replace(f"'Authorization: Bearer {key}'", f'"Authorization: Bearer {key}"')
    body = f'"model": "{model}", "messages": [{{"role": "user", "content": "Hello"}}]'
    return [
        "Try it, whole and streamed:",
        f"  {call} -d '{{{body}}}'",
        f"  {call.replace('curl ', 'curl -N ', 1)} -d '{{{body}, \"stream\": true}}'",
    ]


def _model() -> str:
    """A model to try: the demo's if it is on, else an enabled provider's default; "" if there is none."""
    environ = environment.current()
    found = []
    for row in Provider.objects.defer("proxy", "secret_settings").order_by("priority", "name"):
        if row.facts is None:
            continue
        over = overlay(row.name, row.facts, environ)
        model = over.model or row.facts.default_model
        if model and dispatch_in_force(over, row.dispatch, row.usual_dispatch) != "off":
            found.append((row.facts.answers is None, model if row.facts.answers else f"{row.name}/{model}"))
    return min(found, default=(False, ""))[1]
