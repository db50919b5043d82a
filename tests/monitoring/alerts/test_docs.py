"""The documentation says what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import time_machine

from monitoring.alerts.formats import webhook
from monitoring.alerts.signing import signature
from monitoring.models import AlertKind, AlertNews
from tests.monitoring.alerts.cast import NOW, a_story

TEXT = Path("docs/alerts.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


def test_the_example_has_the_fields_that_are_sent() -> None:
    example, sent = json.loads(blocks("json")[0]), webhook.body(a_story())
    assert list(example) == list(sent)
    assert list(example["alerts"][0]) == list(sent["alerts"][0])


def test_every_kind_and_event_is_documented() -> None:
    for word in (*AlertKind.values, *AlertNews.What.values):
        assert f"`{word}`" in TEXT
    for label in AlertKind.labels:
        assert f"| {label} |" in TEXT


def test_the_checker_that_receivers_copy_takes_what_is_signed_and_nothing_else() -> None:
    room: dict[str, Any] = {}
    exec(blocks("python")[0], room)
    is_genuine, at = room["is_genuine"], int(NOW.timestamp())
    header = signature("secret", b"{}", at=at)
    with time_machine.travel(NOW, tick=False):
        assert is_genuine("secret", b"{}", header)
        assert not is_genuine("secret", b"{ }", header) and not is_genuine("other", b"{}", header)
        assert not is_genuine("secret", b"{}", "") and not is_genuine("secret", b"{}", "t=1,v1=00")
    with time_machine.travel(NOW.replace(hour=13), tick=False):
        assert not is_genuine("secret", b"{}", header)
