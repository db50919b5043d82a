"""One try to send a message. Raises ``Refused`` and ``TryAgain``, in words without the channel's address or secret."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from monitoring.alerts import addresses
from monitoring.alerts.formats import discord, mail, slack, teams, webhook
from monitoring.alerts.outcome import Refused, TryAgain
from monitoring.alerts.signing import HEADER, signature
from monitoring.alerts.story import Story
from monitoring.models import AlertChannel
from monitoring.models.alert_channel import addresses as split_addresses
from providers.canonical import HttpParts
from providers.errors import BadConfiguration, SwitchboardError
from providers.http import HttpClients, Timeouts
from providers.http.endpoint import Bare
from providers.secrecy import spellings, without

BODIES: Mapping[str, Callable[[Story], dict[str, Any]]] = {
    AlertChannel.Kind.SLACK: slack.body,
    AlertChannel.Kind.DISCORD: discord.body,
    AlertChannel.Kind.TEAMS: teams.body,
    AlertChannel.Kind.WEBHOOK: webhook.body,
}
TIMEOUTS = Timeouts(connect=5, first_byte=10, silence=10, total=20)
MOST_REPLY_BYTES = 64 * 1024
MAY_GET_BETTER = frozenset({408, 409, 421, 423, 425, 429})
SHORTEST_SECRET = 6  # characters of a part of an address that is taken out of what a receiver says


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A request, ready to be sent."""

    url: str = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


def send(channel: AlertChannel, story: Story, *, clients: Callable[[], HttpClients] = HttpClients) -> int:
    """Sends, and returns the receiver's HTTP status; 0 for e-mail. Blocking, for half a minute at most."""
    if channel.kind == AlertChannel.Kind.EMAIL:
        _mail(mail.mail(story, split_addresses(channel.address)))
        return 0
    secrets = sorted(set(_secrets(channel)), key=len, reverse=True)
    try:
        reply = asyncio.run(_post(posting(channel, story), clients))
    except BadConfiguration:
        raise Refused("The channel's address cannot be used.") from None
    except SwitchboardError as error:
        raise TryAgain(without(error.message, secrets)) from None
    _judge(reply, secrets)
    return reply.status


def posting(channel: AlertChannel, story: Story) -> Posting:
    """What is posted to the channel: the signature covers the time at which the story is told."""
    content = msgspec.json.encode(BODIES[channel.kind](story))
    headers = [("content-type", "application/json"), ("idempotency-key", story.key)]
    if channel.kind == AlertChannel.Kind.WEBHOOK and channel.secret:
        headers.append((HEADER, signature(channel.secret, content, at=int(story.at.timestamp()))))
    return Posting(url=channel.address, headers=tuple(headers), content=content)


async def _post(one: Posting, make_clients: Callable[[], HttpClients]) -> Reply:
    """On an event loop and connections of its own. Redirects are not followed: what they lead to nobody checked."""
    await addresses.check_now(one.url)
    clients = make_clients()
    try:
        endpoint = Bare("The receiver", TIMEOUTS, "")
        upstream = await clients.send(endpoint, HttpParts(path=one.url, content=one.content, headers=one.headers))
        try:
            return Reply(status=upstream.status, headers=upstream.headers, body=await upstream.read(MOST_REPLY_BYTES))
        finally:
            await upstream.close()
    finally:
        await clients.aclose()


def _judge(reply: Reply, secrets: Sequence[str]) -> None:
    if 200 <= reply.status < 300:
        return
    said = f"It answered with status {reply.status}{_excerpt(reply.body, secrets)}."
    if 300 <= reply.status < 400:
        raise Refused(f"{said} Redirects are not followed: give the address it leads to.", status=reply.status)
    if 400 <= reply.status < 500 and reply.status not in MAY_GET_BETTER:
        raise Refused(said, status=reply.status)
    raise TryAgain(said, status=reply.status, retry_after=_seconds(reply.headers.get("retry-after", "")))


def _excerpt(body: bytes, secrets: Sequence[str]) -> str:
    text = " ".join(body[:4000].decode("utf-8", "replace").split())
    plain = "".join(sign for sign in without(text, secrets) if sign.isprintable())
    return f" ({plain[:120]})" if plain and not plain.startswith("<") else ""


def _secrets(channel: AlertChannel) -> Iterator[str]:
    """What a receiver may repeat of what it was sent: the address, its parts, the secret."""
    parts = urlsplit(channel.address)
    found = [channel.address, f"{parts.path}?{parts.query}", parts.path, parts.query, channel.secret]
    found += [*parts.path.split("/"), *(value for _, value in parse_qsl(parts.query))]
    for one in found:
        if len(one) >= SHORTEST_SECRET:
            yield one
            yield from spellings(one)


def _seconds(text: str) -> float | None:
    """Of a Retry-After; a date is not read: the usual wait holds then."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if 0 <= found < 10**9 else None


def _mail(message: EmailMultiAlternatives) -> None:
    if str(settings.EMAIL_BACKEND).endswith("smtp.EmailBackend") and not getattr(settings, "EMAIL_URL", ""):
        raise Refused("No mail server is known: set EMAIL_URL and EMAIL_FROM, and start anew.")
    try:
        _over_smtp(message)
    except smtplib.SMTPAuthenticationError:
        raise Refused("The mail server refuses the user and password of EMAIL_URL.") from None
    except smtplib.SMTPNotSupportedError:
        raise Refused("The mail server knows no log-in or no encryption as EMAIL_URL asks for it.") from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = {code for code, _ in error.recipients.values()}
        raise _mail_error("The mail server takes no mail for these addresses", max(codes, default=0)) from None
    except smtplib.SMTPResponseException as error:
        raise _mail_error("The mail server refuses the message", error.smtp_code) from None
    except (smtplib.SMTPException, OSError) as error:
        raise TryAgain(f"The mail server cannot be reached ({_reason(error)}).") from None


def _over_smtp(message: EmailMultiAlternatives) -> None:
    """Django leaves the connection open where the log-in fails."""
    connection = get_connection()
    try:
        connection.open()
        connection.send_messages([message])
    finally:
        with suppress(smtplib.SMTPException, OSError):
            connection.close()


def _mail_error(words: str, code: int) -> Refused | TryAgain:
    """4xx of SMTP is for a while, 5xx for good (RFC 5321 §4.2.1)."""
    return Refused(f"{words} ({code}).") if 500 <= code < 600 else TryAgain(f"{words} ({code}).")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__
