"""The mail server out of one address, as EMAIL_URL names it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

SCHEMES = ("smtp", "smtps", "smtp+tls", "smtp+ssl", "consolemail")
PATIENCE = 20  # seconds
_EXAMPLE = "smtp+tls://user:password@mail.example.org:587"


def mail_server(url: str) -> dict[str, Any]:
    """Django's settings of mail. Raises ``ImproperlyConfigured``, without the password."""
    if not url:
        return {
            "EMAIL_HOST": "localhost",
            "EMAIL_PORT": 25,
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        }
    try:
        parts = urlsplit(url)
        scheme, host, _ = parts.scheme, parts.hostname, parts.port
    except ValueError:
        raise ImproperlyConfigured(f"EMAIL_URL is no address: write it as {_EXAMPLE}.") from None
    if scheme not in SCHEMES or (not host and scheme != "consolemail"):
        raise ImproperlyConfigured(
            f"EMAIL_URL must begin with one of {', '.join(SCHEMES)} and name a server: {_EXAMPLE}."
        )
    found: dict[str, Any] = environ.Env.email_url_config(url)
    return {name: value for name, value in found.items() if name.startswith("EMAIL_")}
