"""Lets a WebSocket in only from our own pages: browsers send cookies along from any page."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.utils.http import is_same_domain

log = logging.getLogger("switchboard.live")
ASGIApp = Callable[..., Awaitable[None]]
DEFAULT_PORTS = {"http": "80", "https": "443"}


class OwnOrigin:
    """Wraps an ASGI application with the rule of Django's CSRF check: the host must be in ``ALLOWED_HOSTS``, and the
    origin be that very host and port, or stand in ``CSRF_TRUSTED_ORIGINS``. Others get a 403 and a line in the log."""

    def __init__(self, application: ASGIApp) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        origin = headers.get(b"origin", b"").decode("latin-1")
        refusal = why_not(origin, host=host)
        if refusal:
            log.warning("A WebSocket was refused: %s", refusal)
            await WebsocketDenier()(scope, receive, send)
            return
        await self.application(scope, receive, send)


def why_not(origin: str, *, host: str) -> str:
    """Why a page of this origin may not talk to this host, or "" if it may. Names the variable to set."""
    name, port = split_domain_port(host)
    if not name or not validate_host(name, settings.ALLOWED_HOSTS):
        return f"the host {host!r} is not in ALLOWED_HOSTS."
    try:
        parts = urlsplit(origin)
        origin_port = str(parts.port or DEFAULT_PORTS.get(parts.scheme, ""))
    except ValueError:
        return f"{origin!r} is not an origin."
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        return f"{origin!r} is not an origin."
    same_host = split_domain_port(parts.netloc)[0] == name
    if same_host and origin_port == (port or DEFAULT_PORTS[parts.scheme]):
        return ""
    if any(_trusts(pattern, origin) for pattern in settings.CSRF_TRUSTED_ORIGINS):
        return ""
    return f"the origin {origin!r} is not the host {host!r}; if it is yours, add it to CSRF_TRUSTED_ORIGINS."


def _trusts(pattern: str, origin: str) -> bool:
    """As Django reads the setting: ``https://example.org`` exactly, ``https://*.example.org`` with its subdomains."""
    if "*" not in pattern:
        return pattern.rstrip("/").lower() == origin.lower()
    wanted, given = urlsplit(pattern), urlsplit(origin)
    return wanted.scheme == given.scheme and is_same_domain(given.netloc.lower(), wanted.netloc.lower().lstrip("*"))
