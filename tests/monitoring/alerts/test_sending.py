"""All five kinds of channels, sent to receivers on this machine; what they answer; what must never be told."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail

from monitoring.alerts import sending, signing
from monitoring.alerts.formats import discord, slack, teams, webhook
from monitoring.alerts.formats.mail import subject
from monitoring.alerts.outcome import NotSent, Refused, TryAgain
from monitoring.models import AlertChannel
from tests.monitoring.alerts.cast import NOW, SECRET_URL, Receiver, a_story, an_item, receiver

NASTY = "@everyone <!channel> <script>alert(1)</script> *b* [x](http://evil.example) `c`\r\nBcc: e@example.org"
MANY = tuple(an_item(id=number, title=f"{'long ' * 60}{number}", text="x " * 480) for number in range(40))
CALM = an_item(ended_at=NOW, event="recovery")


def channel(kind: str, address: str, **fields: Any) -> AlertChannel:
    return AlertChannel(name="ops", kind=kind, address=address, **fields)


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.mark.parametrize("kind", ["slack", "discord", "teams", "webhook"])
def test_each_kind_posts_its_json_under_the_messages_key(kind: str, there: Receiver) -> None:
    assert sending.send(channel(kind, there.url), a_story()) == 200
    ((path, headers, body),) = there.got
    assert path == "/hooks/T0PSECRET/xyzzy-token?sig=s3cr3t-signature"
    assert headers["content-type"] == "application/json" and headers["idempotency-key"] == a_story().key
    assert "openai is down" in body.decode() and "It refused five calls." in body.decode()
    assert json.loads(body)


def test_the_generic_webhook_is_what_the_documentation_says(there: Receiver) -> None:
    sending.send(channel("webhook", there.url), a_story(an_item(value=3.5, team_id=4), CALM))
    said = json.loads(there.got[0][2])
    assert {name: value for name, value in said.items() if name != "alerts"} == {
        "version": 1, "id": a_story().key, "type": "alerts", "sent_at": "2026-03-04T12:00:00Z", "channel": "ops",
        "title": "openai is down", "severity": "critical", "url": None,
    }  # fmt: skip
    assert said["alerts"][0] == {
        "id": 7, "event": "firing", "status": "open", "kind": "provider_down", "severity": "critical",
        "rule": "A provider is down", "subject": "provider:openai", "title": "openai is down",
        "text": "It refused five calls.", "value": 3.5, "team_id": 4, "began_at": "2026-03-04T11:55:00Z",
        "ended_at": None, "url": None,
    }  # fmt: skip
    assert (said["alerts"][1]["status"], said["alerts"][1]["ended_at"]) == ("over", "2026-03-04T12:00:00Z")


def test_a_webhook_with_a_secret_is_signed_and_one_without_is_not(there: Receiver) -> None:
    sending.send(channel("webhook", there.url, secret="a secret of the receiver"), a_story())
    sending.send(channel("webhook", there.url), a_story())
    (_, headers, body), (_, bare, _) = there.got
    now = NOW.timestamp()
    assert signing.verify("a secret of the receiver", body, headers["x-switchboard-signature"], now=now)
    assert "x-switchboard-signature" not in bare


def test_a_signature_holds_for_this_secret_body_and_time_only() -> None:
    header = signing.signature("secret", b'{"a":1}', at=1_000_000)
    assert header.startswith("t=1000000,v1=") and len(header) == 13 + 64
    assert signing.verify("secret", b'{"a":1}', header, now=1_000_299)
    assert signing.verify("secret", b'{"a":1}', f"v1=00,{header}", now=1_000_000)  # while a secret is changed
    assert not signing.verify("other", b'{"a":1}', header, now=1_000_000)
    assert not signing.verify("secret", b'{"a":2}', header, now=1_000_000)
    assert not signing.verify("secret", b'{"a":1}', header, now=1_000_301)
    assert not signing.verify("secret", b'{"a":1}', header.replace("t=1000000", "t=1000100"), now=1_000_100)
    for broken in ("", "t=,v1=", "t=x,v1=00", "v1=00", "t=1000000", "t=²,v1=é", "t=1000000,v1=é"):
        assert not signing.verify("secret", b'{"a":1}', broken, now=1_000_000)


# --- what receivers answer ---------------------------------------------------------------------
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422, 301, 308])
def test_what_cannot_get_better_is_refused(status: int) -> None:
    with receiver((status, {"location": "http://127.0.0.1:9/other"}, b"no_service")) as there:
        with pytest.raises(Refused) as failed:
            sending.send(channel("slack", there.url), a_story())
    assert failed.value.status == status and f"status {status} (no_service)" in failed.value.message
    assert len(there.got) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
def test_what_may_get_better_is_tried_again(status: int) -> None:
    with receiver((status, {"retry-after": "12"}, b"")) as there:
        with pytest.raises(TryAgain) as failed:
            sending.send(channel("slack", there.url), a_story())
    assert (failed.value.status, failed.value.retry_after) == (status, 12)


def test_a_receiver_that_is_not_there_is_tried_again() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/T0PSECRET"
        with pytest.raises(TryAgain) as failed:
            sending.send(channel("slack", address), a_story())
    assert "could not be reached" in failed.value.message and "PSECRET" not in failed.value.message


@pytest.mark.parametrize(
    "address", ["http://169.254.169.254/latest", "http://[fd00:ec2::254]/", "http://2852039166/", "http://[::ffff:a9fe:a9fe]/x"]
)  # fmt: skip
def test_the_machines_own_services_are_never_posted_to(address: str) -> None:
    with pytest.raises(NotSent) as failed:
        sending.send(channel("webhook", address), a_story())
    assert isinstance(failed.value, Refused)


def test_what_a_receiver_repeats_of_the_address_is_taken_out(caplog: pytest.LogCaptureFixture) -> None:
    said = b"no hook at /hooks/T0PSECRET/xyzzy-token?sig=s3cr3t-signature nor for my signing secret"
    with receiver((404, {}, said)) as there, caplog.at_level(logging.DEBUG):
        with pytest.raises(Refused) as failed:
            sending.send(channel("webhook", there.url, secret="my signing secret"), a_story())
    for secret in ("T0PSECRET", "xyzzy", "s3cr3t", "my signing"):
        assert secret not in failed.value.message and secret not in caplog.text
    assert "no hook at" in failed.value.message


def test_secrets_are_in_no_repr() -> None:
    made = channel("webhook", SECRET_URL, secret="my signing secret")
    for text in (repr(made), str(made), repr(sending.posting(made, a_story()))):
        assert "PSECRET" not in text and "signing secret" not in text


# --- what fits, and what titles may hold -------------------------------------------------------
def test_slack_takes_what_is_long_and_cannot_be_made_to_call_people() -> None:
    said = slack.body(a_story(*MANY, title=NASTY, url="https://sb.example.com/"))
    assert len(said["blocks"]) <= 50
    for block in said["blocks"]:
        for text in [block.get("text"), *block.get("elements", [])]:
            if text and text["type"] != "button":
                assert text["type"] == "plain_text" and 0 < len(text["text"]) <= 3000
    assert len(said["blocks"][0]["text"]["text"]) <= 150
    assert "<" not in said["text"]


def test_discord_takes_what_is_long_and_cannot_be_made_to_call_people() -> None:
    said = discord.body(a_story(*(an_item(title="*" * 200, text="_" * 1000) for _ in range(40)), title=NASTY))
    assert said["allowed_mentions"] == {"parse": []} and len(said["content"]) <= 2000
    assert len(said["embeds"]) <= 10
    size = 0
    for one in said["embeds"]:
        parts = [one.get("title", ""), one.get("description", ""), one.get("footer", {}).get("text", "")]
        assert len(parts[0]) <= 256 and len(parts[1]) <= 4096
        size += sum(map(len, parts))
    assert size <= 6000


def test_teams_takes_what_is_long_and_reads_nothing_as_a_link() -> None:
    said = teams.body(a_story(*MANY, title=NASTY))
    assert len(json.dumps(said)) < 28_000
    (attached,) = said["attachments"]
    blocks = attached["content"]["body"]
    assert {block["type"] for block in blocks} == {"RichTextBlock"}


@pytest.mark.parametrize("body", [slack.body, discord.body, teams.body, webhook.body])
def test_a_test_says_so_everywhere(body: Any) -> None:
    said = json.dumps(body(a_story(test=True, items=(), title="A test of the channel", severity="over")))
    assert "A test of the channel" in said


# --- e-mail ------------------------------------------------------------------------------------
def test_mail_is_text_and_html_and_receivers_do_not_see_each_other() -> None:
    assert (
        sending.send(channel("email", "a@example.org, b@example.org"), a_story(an_item(title=NASTY), title=NASTY)) == 0
    )
    (sent,) = mail.outbox
    assert (sent.to, sent.bcc) == ([], ["a@example.org", "b@example.org"])
    assert "\n" not in sent.subject and "\r" not in sent.subject and sent.subject.startswith("[Switchboard] Critical: ")
    html = sent.alternatives[0][0]  # type: ignore[attr-defined]
    assert "<script>" not in html and "&lt;script&gt;" in html
    assert "It refused five calls." in sent.body
    sent.message()  # no header is broken


def test_the_subject_of_what_is_over_names_no_severity() -> None:
    assert subject(a_story(CALM, title="Over: openai is down", severity="over")) == "[Switchboard] Over: openai is down"


def test_a_long_mail_tells_the_first_hundred() -> None:
    sending.send(channel("email", "a@example.org"), a_story(*MANY * 3))
    assert "And 20 more." in mail.outbox[0].body


SMTP = "django.core.mail.backends.smtp.EmailBackend"


@contextmanager
def mail_server(**replies: bytes) -> Iterator[tuple[int, list[bytes]]]:
    """A mail server that takes one message; ``replies`` by command, in small letters."""
    listener = socket.create_server(("127.0.0.1", 0))
    got: list[bytes] = []
    usual = {"ehlo": b"250 here", "mail": b"250 ok", "rcpt": b"250 ok", "data": b"354 go on", "quit": b"221 bye"}
    answers = {**usual, **replies}

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb", buffering=0) as file:
            file.write(b"220 hello\r\n")
            while line := file.readline():
                word = line.split()[0].lower().decode()
                file.write(answers.get(word, b"250 ok") + b"\r\n")
                if word == "data" and answers["data"].startswith(b"354"):
                    body = b""
                    while not body.endswith(b"\r\n.\r\n"):
                        body += file.readline()
                    got.append(body)
                    file.write(answers.get("end", b"250 taken") + b"\r\n")
                if word == "quit":
                    return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], got
    finally:
        thread.join(5)
        listener.close()


@pytest.fixture
def smtp(settings: Any) -> Any:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_TIMEOUT = SMTP, "127.0.0.1", 5
    settings.EMAIL_URL, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = "smtp://127.0.0.1", False, False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    return settings


def test_mail_goes_over_smtp(smtp: Any) -> None:
    with mail_server() as (smtp.EMAIL_PORT, got):
        sending.send(channel("email", "a@example.org"), a_story())
    parsed = message_from_bytes(got[0], policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    assert parsed["subject"] == "[Switchboard] Critical: openai is down"
    assert parsed["message-id"] == f"<{a_story().key}@alerts.switchboard>"
    plain = parsed.get_body(("plain",))
    assert plain is not None and "It refused five calls." in plain.get_content()


@pytest.mark.parametrize(
    "replies, error, words",
    [
        ({"rcpt": b"550 no such user"}, Refused, "takes no mail for these addresses (550)"),
        ({"rcpt": b"450 greylisted"}, TryAgain, "takes no mail for these addresses (450)"),
        ({"end": b"554 spam"}, Refused, "refuses the message (554)"),
        ({"data": b"451 later"}, TryAgain, "refuses the message (451)"),
    ],
)
def test_what_a_mail_server_says_decides_whether_it_is_tried_again(
    smtp: Any, replies: dict[str, bytes], error: type[NotSent], words: str
) -> None:
    with mail_server(**replies) as (smtp.EMAIL_PORT, _):
        with pytest.raises(error) as failed:
            sending.send(channel("email", "a@example.org"), a_story())
    assert type(failed.value) is error and words in failed.value.message


def test_a_mail_server_that_refuses_the_password_says_which_setting(smtp: Any) -> None:
    smtp.EMAIL_HOST_USER, smtp.EMAIL_HOST_PASSWORD = "ada", "hunter2hunter2"
    with mail_server(ehlo=b"250-here\r\n250 AUTH PLAIN", auth=b"535 hunter2hunter2 is wrong") as (smtp.EMAIL_PORT, _):
        with pytest.raises(Refused) as failed:
            sending.send(channel("email", "a@example.org"), a_story())
    assert "EMAIL_URL" in failed.value.message and "hunter2" not in failed.value.message


def test_a_mail_server_that_is_away_is_tried_again(smtp: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        smtp.EMAIL_PORT = taken.getsockname()[1]
        with pytest.raises(TryAgain):
            sending.send(channel("email", "a@example.org"), a_story())


def test_without_a_mail_server_it_is_said_which_setting_is_missing(smtp: Any) -> None:
    smtp.EMAIL_URL = ""
    with pytest.raises(Refused, match="set EMAIL_URL"):
        sending.send(channel("email", "a@example.org"), a_story())


def test_times_of_an_item_are_told_in_utc() -> None:
    assert an_item().times == "since 2026-03-04 11:55 UTC"
    assert an_item(ended_at=NOW + timedelta(hours=1)).times.endswith("until 2026-03-04 13:00 UTC")
