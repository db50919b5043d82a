"""Slack's incoming webhooks: blocks (https://api.slack.com/reference/block-kit). All of it is plain text: what a title
quotes can neither call people nor make links."""

from __future__ import annotations

from typing import Any

from monitoring.alerts.formats.limits import TEST_TEXT, cut, shown
from monitoring.alerts.story import Item, Story

SIGNS = {"critical": "🔴", "warning": "🟠", "info": "🔵", "over": "🟢"}


def body(story: Story) -> dict[str, Any]:
    items, more = shown(story)
    blocks: list[dict[str, Any]] = [{"type": "header", "text": _plain(story.title, 150)}]
    if story.test:
        blocks.append(_section(TEST_TEXT))
    for one in items:
        blocks += _item(one, alone=len(story.items) == 1)
    if more:
        blocks.append(_section(more))
    if story.url:
        button = {"type": "button", "text": _plain("Open Switchboard", 75), "url": story.url}
        blocks.append({"type": "actions", "elements": [button]})
    return {"text": escaped(cut(story.title, 300)), "blocks": blocks}


def escaped(text: str) -> str:
    """For the fallback line, which is read for mentions and links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _item(one: Item, *, alone: bool) -> list[dict[str, Any]]:
    sign = SIGNS["over"] if one.over else SIGNS.get(one.severity, "")
    title = "" if alone else f"{sign} {one.word}: {one.title}\n"
    found = [_section(f"{title}{one.text}")] if title or one.text else []
    return [*found, {"type": "context", "elements": [_plain(f"{sign} {one.meta}" if alone else one.meta, 2000)]}]


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _plain(text, 2900)}


def _plain(text: str, most: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": cut(text, most), "emoji": False}
