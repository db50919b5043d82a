"""A canary as the vendor's key, in the prompt and in the answer: none of it gets into the provider log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import httpx

from gateway.events import exchange_closed
from monitoring.access import Viewer
from monitoring.provider_logs.entries import entries
from tests.gateway.harness import completion, gateway, provider, reply
from tests.monitoring.provider_logs.cast import recording

KEY, OTHER_KEY = "sk-canary-0123456789abcdef", "sk-canary-fedcba9876543210"
PROMPT, ANSWER = "canary-prompt-42", "canary-answer-42"


async def test_no_secret_prompt_or_answer_is_written(tmp_path: Path) -> None:
    async def vendor(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"].endswith(KEY):  # it repeats what it was sent
            message = f"Incorrect API key {KEY}: Bearer {KEY}"
            return reply({"error": {"message": message, "code": KEY, "type": "x"}}, status=401)
        return reply(completion(ANSWER))

    root = tmp_path / "logs"
    with recording(root, level="debug") as it:
        made = provider(tokens=(KEY, OTHER_KEY))
        acme = replace(made, tokens=tuple(replace(one, fingerprint=f"fp-{one.id}") for one in made.tokens))
        end = exchange_closed.subscribe(it.closed.tell)
        async with gateway(tmp_path / "gateway", vendor, acme) as there:
            for _ in range(3):
                await there.chat(messages=[{"role": "user", "content": PROMPT}])
        end()
        it.recorder.flush()
        found = entries(Viewer(teams=None, name="ada")).entries
    written = "".join(path.read_text() for path in root.rglob("*.jsonl"))
    assert {401, 200} <= {one.status for one in found}
    for secret in (KEY, OTHER_KEY, PROMPT, ANSWER):
        assert secret not in written
        assert secret not in str(found)
