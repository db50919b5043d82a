"""What goes on to Anthropic's own API, and in whose envelope the door itself refuses."""

from __future__ import annotations

from pathlib import Path

from tests.gateway.harness import gateway
from tests.gateway.test_messages import ask, claude, message


async def test_the_apps_betas_and_the_credentials_go_out_as_one_list(tmp_path: Path) -> None:
    async with gateway(tmp_path, message, claude(tokens=["sk-ant-oat01-x"])) as here:
        await ask(here, headers=[(b"anthropic-beta", b"a-1,b-2"), (b"anthropic-version", b"2026-10-21")])

        sent = here.network.requests[0].headers
        assert sent.get_list("anthropic-beta") == ["a-1,b-2,oauth-2025-04-20"]
        assert sent.get_list("anthropic-version") == ["2026-10-21"]


async def test_the_door_refuses_in_the_dialect_of_the_path(tmp_path: Path) -> None:
    async with gateway(tmp_path, message, claude()) as here:
        unknown = await here.call("/v1/messages/nothing", {})
        huge = await here.call("/v1/messages", b"x" * 200_000)
        elsewhere = await here.call("/v1/nothing", {})

    assert unknown.status == 404 and unknown.json["type"] == "error"
    assert unknown.headers["request-id"] == unknown.json["request_id"]
    assert huge.status == 413 and huge.json["error"]["type"] == "request_too_large"
    assert elsewhere.status == 404 and "type" not in elsewhere.json
