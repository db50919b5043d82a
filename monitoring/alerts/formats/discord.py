"""Discord's webhooks: an embed for each alert (https://discord.com/developers/docs/resources/webhook). Mentions are
switched off, and what Discord would read as formatting is escaped."""

from __future__ import annotations

import re
from typing import Any

from monitoring.alerts.formats.limits import TEST_TEXT, cut, shown
from monitoring.alerts.story import Item, Story

COLOURS = {"critical": 0xD92D20, "warning": 0xF79009, "info": 0x2E90FA, "over": 0x12B76A}
_SIGNS = re.compile(r"([\\`*_~|>\[\]()#<@:-])")


def body(story: Story) -> dict[str, Any]:
    items, more = shown(story)
    embeds = [_embed(one) for one in items]
    if story.test:
        embeds = [{"title": plain(cut(story.title, 100)), "description": TEST_TEXT, "color": COLOURS["info"]}]
    if more:
        embeds.append({"description": more})
    content = "" if len(story.items) <= 1 else plain(cut(story.title, 300))
    return {"username": "Switchboard", "content": content, "embeds": embeds, "allowed_mentions": {"parse": []}}


def plain(text: str) -> str:
    return _SIGNS.sub(r"\\\1", text)


def _embed(one: Item) -> dict[str, Any]:
    """At most 600 characters before they are escaped: all embeds together may have 6,000."""
    embed: dict[str, Any] = {
        "title": cut(plain(cut(f"{one.word}: {one.title}", 120)), 250),
        "description": cut(plain(cut(one.text, 300)), 350),
        "color": COLOURS["over"] if one.over else COLOURS.get(one.severity, COLOURS["info"]),
        "footer": {"text": cut(one.meta, 150)},
        "timestamp": (one.ended_at or one.began_at).isoformat(),
    }
    if one.url:
        embed["url"] = one.url
    return embed
