"""Claude Code onto a vendor that speaks OpenAI's wire: one tool call there and back. ``make test-clients`` runs it."""

from __future__ import annotations

import json

import pytest

from tests.clients.conftest import Programs
from tests.fake_vendor import Answer, FakeVendor
from tests.server.running import KEY

pytestmark = pytest.mark.clients

SECRET = "the-word-in-the-file-is-quokka"
OFFLINE = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "DISABLE_AUTOUPDATER": "1", "DISABLE_TELEMETRY": "1"}


@pytest.mark.parametrize("variable", ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY"])
def test_a_file_is_read_and_its_content_reaches_the_vendor(node: Programs, vendor: FakeVendor, variable: str) -> None:
    file = node.home / "note.txt"
    file.write_text(SECRET)
    call = Answer(tools=(("Read", json.dumps({"file_path": str(file)})),), reasoning="I must look.")
    vendor.script(Answer(text="It says quokka."), model="fake-large")
    vendor.script(call, model="fake-large", times=1)
    before = len(vendor.calls())
    said = node.run(
        *("claude", "-p", "What does note.txt say?", "--model", "fake-large", "--allowedTools", "Read"),
        env={**OFFLINE, "ANTHROPIC_BASE_URL": node.url, variable: KEY},
    )
    assert "It says quokka." in said
    first, second = (request.json for request in vendor.calls()[before:])
    assert any(tool["function"]["name"] == "Read" for tool in first["tools"])
    assert "DeferredToolPlaceholder" not in json.dumps(first["tools"])
    assert "x-anthropic-billing-header" not in json.dumps(first)
    asked, result = second["messages"][-2:]
    assert asked["reasoning_content"] == "I must look.", "a thought goes back to the vendor that had it"
    assert asked["tool_calls"][0]["function"]["name"] == "Read"
    assert (result["role"], result["tool_call_id"]) == ("tool", asked["tool_calls"][0]["id"])
    assert SECRET in json.dumps(result["content"])
