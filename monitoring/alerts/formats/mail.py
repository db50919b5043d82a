"""E-mail: text and HTML, by Django's mail and the server of EMAIL_URL."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from monitoring.alerts.formats.limits import TEST_TEXT, cut
from monitoring.alerts.story import Story

MOST_ITEMS = 100


def mail(story: Story, receivers: Sequence[str]) -> EmailMultiAlternatives:
    """Several receivers do not see each other. The message id stays the same from try to try: a mail that came twice
    is shown once by most readers."""
    context = {
        "story": story,
        "items": story.items[:MOST_ITEMS],
        "more": max(len(story.items) - MOST_ITEMS, 0),
        "test_text": TEST_TEXT,
    }
    message = EmailMultiAlternatives(
        subject=subject(story),
        body=render_to_string("alerts/message.txt", context),
        to=receivers if len(receivers) == 1 else (),
        bcc=receivers if len(receivers) > 1 else (),
        headers={
            "Message-ID": f"<{story.key}@alerts.switchboard>",
            "Auto-Submitted": "auto-generated",
            "X-Switchboard-Key": story.key,
        },
    )
    message.attach_alternative(render_to_string("alerts/message.html", context), "text/html")
    return message


def subject(story: Story) -> str:
    """One line, whatever a title holds."""
    word = "" if story.test or story.severity == "over" else f"{story.severity.capitalize()}: "
    return cut(" ".join(f"[Switchboard] {word}{story.title}".split()), 200)
