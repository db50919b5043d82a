"""Which addresses a webhook may have: any that a base URL may have, with a query, but never one that hands out this
machine's own credentials."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from monitoring.alerts.outcome import Refused, TryAgain
from monitoring.models.alert_channel import addresses
from providers.addresses import base_url

MOST_RECEIVERS = 50
METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "metadata.goog", "instance-data"})
METADATA = [  # where clouds hand credentials to whoever asks from the machine
    ip_network(one)
    for one in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "100.100.100.200/32", "168.63.129.16/32",
                "192.0.0.192/32")
]  # fmt: skip
REFUSED = "Messages are not sent there: it is an address of the machine's own services."


def webhook(text: str) -> str:
    """``text`` stripped. Raises ``ValidationError``, which never repeats the address."""
    text = text.strip()
    if not text:
        raise ValidationError("Give the webhook's address.")
    bare, _, query = text.partition("?")
    base_url(bare)
    if "#" in query or any(sign.isspace() or not sign.isprintable() for sign in text) or not text.isascii():
        raise ValidationError("This is not an address: it has a “#”, a space or a letter outside ASCII in it.")
    host = (urlsplit(text).hostname or "").rstrip(".").lower()
    if host in METADATA_NAMES or _is_refused(host):
        raise ValidationError(REFUSED)
    return text


def receivers(text: str) -> str:
    """E-mail addresses, with commas between them. Raises ``ValidationError``."""
    found = addresses(text)
    if not found:
        raise ValidationError("Give at least one e-mail address.")
    if len(found) > MOST_RECEIVERS:
        raise ValidationError(f"At most {MOST_RECEIVERS} addresses; make it a list on your mail server.")
    for one in found:
        try:
            validate_email(one)
        except ValidationError:
            raise ValidationError(f"“{one[:80]}” is no e-mail address.") from None
    return ", ".join(dict.fromkeys(found))


async def check_now(url: str) -> None:
    """Looks where the address leads now: a name may have been given another one since it was typed. Raises ``Refused``
    and ``TryAgain``."""
    try:
        webhook(url)
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except (ValidationError, ValueError):
        raise Refused("The channel's address cannot be used.") from None
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TryAgain("The channel's host name cannot be found.") from None
    if any(_is_refused(str(one[4][0])) for one in found):
        raise Refused(REFUSED)


def _is_refused(host: str) -> bool:
    try:
        address: IPv4Address | IPv6Address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_multicast or address.is_unspecified:
        return True
    return any(address in network for network in METADATA if network.version == address.version)
