"""Records that are known not to pass, each with the reason. A record that passes after all must leave the list."""

from __future__ import annotations

NO_CALL_ID = "its tool result names no call (tool_call_id is missing): OpenAI's API refuses that, and so do we"

KNOWN = {
    "zai-56ad56f4da": NO_CALL_ID,
    "zai-1f8f4a1f26": NO_CALL_ID,
}
