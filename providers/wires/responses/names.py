"""Words of the Responses dialect that more than one of these files needs."""

from __future__ import annotations

NAME = "responses"
DONE = "[DONE]"

PICTURE = "image_generation_call"

# Marks the part an assistant's ``message`` item begins with; holds the item's id, status and phase.
ITEM = "item"
# Marks the message that came as the request's ``instructions``.
INSTRUCTIONS = "instructions"
# Fields that lean on what the vendor keeps. Each also stands in the messages as a part no other wire can send.
STORED = ("previous_response_id", "conversation", "prompt", "background")
KEPT = "stored"  # marks the message of those parts
CUSTOM_OUTPUT = "custom_tool_call_output"


def sealed_format(slug: str) -> str:
    """Whose sealed reasoning it is, in the words of OpenRouter's ``reasoning_details``: nobody else can read it."""
    return f"{slug}-responses-v1"
