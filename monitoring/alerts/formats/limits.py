"""What fits into a message: chat services refuse what is too long, instead of cutting it."""

from __future__ import annotations

from monitoring.alerts.story import Item, Story

MOST_ITEMS = 8
TEST_TEXT = "If you read this, alerts arrive here."


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def shown(story: Story) -> tuple[tuple[Item, ...], str]:
    """The items that are told one by one, and a line for those that are not."""
    left = len(story.items) - MOST_ITEMS
    return story.items[:MOST_ITEMS], f"And {left} more." if left > 0 else ""
