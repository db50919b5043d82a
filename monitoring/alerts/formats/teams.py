"""Microsoft Teams: an Adaptive Card for a workflow's webhook (“Post to a channel when a webhook request is received”).
Texts are runs, which are not read as Markdown."""

from __future__ import annotations

from typing import Any

from monitoring.alerts.formats.limits import TEST_TEXT, cut, shown
from monitoring.alerts.story import Item, Story

COLOURS = {"critical": "attention", "warning": "warning", "info": "accent", "over": "good"}
ATTACHMENT = "application/vnd.microsoft.card.adaptive"


def body(story: Story) -> dict[str, Any]:
    items, more = shown(story)
    parts: list[dict[str, Any]] = [_text(story.title, size="large", weight="bolder", color=_colour(story.severity))]
    if story.test:
        parts.append(_text(TEST_TEXT))
    for one in items:
        parts += _item(one, alone=len(story.items) == 1)
    if more:
        parts.append(_text(more))
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": parts,
    }
    if story.url:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open Switchboard", "url": story.url}]
    return {"type": "message", "attachments": [{"contentType": ATTACHMENT, "contentUrl": None, "content": card}]}


def _item(one: Item, *, alone: bool) -> list[dict[str, Any]]:
    colour = _colour("over" if one.over else one.severity)
    title = [] if alone else [_text(f"{one.word}: {one.title}", weight="bolder", color=colour, separated=True)]
    text = [_text(one.text)] if one.text else []
    return [*title, *text, _text(one.meta, size="small", subtle=True)]


def _colour(severity: str) -> str:
    return COLOURS.get(severity, "default")


def _text(
    text: str, *, size: str = "default", weight: str = "default", color: str = "default", subtle: bool = False,
    separated: bool = False,
) -> dict[str, Any]:  # fmt: skip
    run = {"type": "TextRun", "text": cut(text, 1000), "size": size, "weight": weight, "color": color}
    return {"type": "RichTextBlock", "inlines": [{**run, "isSubtle": subtle}], "separator": separated}
