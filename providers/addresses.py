"""Checks of addresses that admins type. Messages never repeat an address that may hold a password."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from django.core.exceptions import ValidationError


def base_url(text: str) -> str:
    """``text`` without spaces and trailing slashes. Raises ``ValidationError``. Host names without dots are fine:
    containers and machines at home have such."""
    text = text.strip().rstrip("/")
    if not text:
        return ""
    parts = _parts(text, ("http", "https"), "Begin it with http:// or https://, as in https://api.example.com/v1.")
    if parts.username or parts.password:
        raise ValidationError("Leave user and password out of the address; give the credential as a token.")
    if parts.query or parts.fragment:
        raise ValidationError("Leave out everything from “?” or “#” on.")
    return text


def validate_base_url(text: str) -> None:
    """``base_url`` as a model field's validator."""
    base_url(text)


def proxy(text: str) -> str:
    """``text`` stripped. Raises ``ValidationError``."""
    text = text.strip()
    if text:
        _parts(text, ("http", "socks5"), "Begin it with http:// or socks5://, as in socks5://proxy.example.com:1080.")
    return text


def _parts(text: str, schemes: tuple[str, ...], hint: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        raise ValidationError("This is not an address: its host or port is malformed.") from None
    if parts.scheme not in schemes:
        raise ValidationError(hint)
    if not parts.hostname or any(sign.isspace() for sign in text):
        raise ValidationError("This is not an address: it has no host, or a space in it.")
    if not port_fits:
        raise ValidationError("This is not an address: port 0 cannot be called.")
    return parts
