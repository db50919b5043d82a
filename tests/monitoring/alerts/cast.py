"""Rules, channels and findings for the tests of alerts, and a receiver that notes what comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from monitoring.alerts.findings import Finding, Terms
from monitoring.alerts.rules import Kind
from monitoring.alerts.story import Item, Story
from monitoring.models import AlertChannel, AlertKind, AlertRule

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SECRET_URL = "https://hooks.example.com/services/T0PSECRET/B0PSECRET/xyzzy-token?sig=s3cr3t-signature"


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def a_channel(name: str = "ops", **fields: Any) -> AlertChannel:
    given: dict[str, Any] = {"kind": AlertChannel.Kind.WEBHOOK, "address": SECRET_URL, **fields}
    return AlertChannel.objects.create(name=name, **given)


def a_rule(*channels: AlertChannel, name: str = "down", **fields: Any) -> AlertRule:
    given: dict[str, Any] = {"kind": AlertKind.PROVIDER_DOWN, "calm_minutes": 0, "repeat_minutes": 0, **fields}
    rule = AlertRule.objects.create(name=name, **given)
    rule.channels.set(channels)
    return rule


def a_finding(subject: str = "provider:openai", **fields: Any) -> Finding:
    return Finding(subject=subject, **{"title": f"{subject} is down", "text": "It refused.", **fields})


def kinds(find: Callable[[Terms, datetime], Sequence[Finding]]) -> Mapping[str, Kind]:
    """Every kind finds what ``find`` does."""
    return {kind: Kind(find=find) for kind in AlertKind.values}


def an_item(**fields: Any) -> Item:
    given: dict[str, Any] = {
        "id": 7,
        "event": "firing",
        "kind": "provider_down",
        "severity": "critical",
        "rule": "A provider is down",
        "subject": "provider:openai",
        "title": "openai is down",
        "text": "It refused five calls.",
        "value": None,
        "team_id": 0,
        "began_at": NOW - minutes(5),
        "ended_at": None,
        **fields,
    }
    return Item(**given)


def a_story(*items: Item, **fields: Any) -> Story:
    given: dict[str, Any] = {
        "key": "5f0b1f5e-0000-4000-8000-000000000001",
        "channel": "ops",
        "test": False,
        "title": "openai is down",
        "severity": "critical",
        "items": items or (an_item(),),
        "at": NOW,
        **fields,
    }
    return Story(**given)


@dataclass
class Receiver:
    """A web server on this machine. It answers with ``answers`` in turn, then with 200."""

    url: str = ""
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def receiver(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[Receiver]:
    noted = Receiver(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            noted.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            status, headers, answer = noted.answers.pop(0) if noted.answers else (200, {}, b"ok")
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    noted.url = f"http://127.0.0.1:{server.server_port}/hooks/T0PSECRET/xyzzy-token?sig=s3cr3t-signature"
    try:
        yield noted
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
