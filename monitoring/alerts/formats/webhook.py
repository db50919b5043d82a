"""The generic webhook: JSON as docs/alerts.md documents it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from monitoring.alerts.story import Item, Story

VERSION = 1


def body(story: Story) -> dict[str, Any]:
    return {
        "version": VERSION,
        "id": story.key,
        "type": "test" if story.test else "alerts",
        "sent_at": _iso(story.at),
        "channel": story.channel,
        "title": story.title,
        "severity": story.severity,
        "url": story.url or None,
        "alerts": [_item(one) for one in story.items],
    }


def _item(one: Item) -> dict[str, Any]:
    return {
        "id": one.id,
        "event": one.event,
        "status": "over" if one.over else "open",
        "kind": one.kind,
        "severity": one.severity,
        "rule": one.rule,
        "subject": one.subject,
        "title": one.title,
        "text": one.text,
        "value": one.value,
        "team_id": one.team_id or None,
        "began_at": _iso(one.began_at),
        "ended_at": _iso(one.ended_at) if one.ended_at else None,
        "url": one.url or None,
    }


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
