"""One record through the whole gateway: an app asks, the recorded answer comes in pieces, the app's bytes are read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from gateway.exchange import Exchange
from tests.gateway.harness import Pieces, Response, gateway, provider
from tests.recorded.comparing import FINISHES, differences
from tests.recorded.cutting import at_random
from tests.recorded.expected import Counted, Expected, Said, Tool
from tests.recorded.oracles import anthropic, openai
from tests.recorded.placing import slug_of, target_of, wire_of
from tests.recorded.records import Record
from tests.recorded.replaying import expected_of

HOP_BY_HOP = {"content-length", "content-encoding", "transfer-encoding", "connection"}
ORACLES = {"openai": openai.read, "anthropic": anthropic.read}
PATHS = {"openai": "/v1/chat/completions", "anthropic": "/v1/messages"}
TOKENS = {"github_copilot": "tid=recorded"}  # a token that needs no exchange


async def app_problems(record: Record, app: str, folder: Path) -> list[str]:
    """What an app that speaks ``app`` gets wrong; nothing where all is right."""
    async with gateway(folder, _answering(record), _provider(record)) as here:
        response = await here.call(PATHS[app], _question(record, app))
        rows = here.rows()
    if record.failed:
        return list(_refusal_problems(response, rows))
    expected = expected_of(record)
    if (expected.failed or expected.cut) and response.status >= 400:
        return list(_refusal_problems(response, rows))
    got = ORACLES[app](response.body, stream=record.stream)
    if expected.failed or expected.cut:
        return [] if got.failed else ["the app was not told of the error"]
    return [*_told(expected, got, app, stream=record.stream), *_booked(expected, rows)]


def _provider(record: Record) -> Any:
    slug = slug_of(record)
    wire = wire_of(record)
    return provider(
        "recorded",
        vendor_slug=slug,
        tokens=(TOKENS.get(slug, "recorded-token"),),
        models=(record.model,),
        settings=target_of(record).settings,
        wire=wire,
        model_wires={record.model: wire},
    )


def _answering(record: Record) -> Any:
    headers = {name: value for name, value in record.headers.items() if name not in HOP_BY_HOP}
    pieces = at_random(record.body, seed=record.id) if record.stream else [record.body]

    async def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(record.status, headers=headers, stream=Pieces(pieces))

    return answer


def _question(record: Record, app: str) -> dict[str, Any]:
    question: dict[str, Any] = {"model": record.model, "messages": [{"role": "user", "content": "Hello."}]}
    if app == "anthropic":
        question["max_tokens"] = 1000
    if record.stream:
        question["stream"] = True
        if app == "openai":
            question["stream_options"] = {"include_usage": True}
    return question


def _refusal_problems(response: Response, rows: Sequence[Exchange]) -> Iterator[str]:
    if response.status < 400:
        yield f"the app got {response.status}"
    elif not json.loads(response.body).get("error", {}).get("message"):
        yield f"no message in {response.body[:200]!r}"
    if [row.ended_by for row in rows] != ["failed"]:
        yield f"booked as {[row.ended_by for row in rows]}"


def _told(expected: Expected, got: Expected, app: str, *, stream: bool) -> Iterator[str]:
    for said in got.choices.values():
        said.text = re.sub(r"\[The model made \S+ content, which Anthropic's API cannot carry\.\]", "", said.text)
        said.finish = next((ours for ours, words in FINISHES.items() if said.finish in words), said.finish)
    if app == "anthropic":  # has one choice, and says a refusal as text
        expected = Expected({0: _for_anthropic(expected.choice(), stream=stream)}, expected.usage)
    yield from differences(expected, got)


def _for_anthropic(said: Said, *, stream: bool) -> Said:
    """A refusal is text there, and ends with a word of its own; arguments that are no object stand inside one, but for
    those that were streamed as they came."""
    tools = said.tools if stream else [replace(tool, arguments=_object(tool)) for tool in said.tools]
    finish = "refusal" if said.refusal else said.finish
    return replace(said, text=said.text + said.refusal, refusal="", tools=tools, finish=finish)


def _object(tool: Tool) -> str:
    _, value = tool.meaning
    return tool.arguments if isinstance(value, dict) else json.dumps({"input": tool.arguments})


def _booked(expected: Expected, rows: Sequence[Exchange]) -> Iterator[str]:
    (row,) = rows
    if row.ended_by != "done":
        yield f"booked as {row.ended_by}: {row.error_message}"
    if expected.usage and row.usage_basis != "vendor":
        yield f"usage booked as {row.usage_basis}"
    booked = Counted(row.input, row.output, row.cached_input, row.reasoning)
    if expected.usage and None not in (expected.usage.input, expected.usage.output) and booked != expected.usage:
        yield f"booked {booked} instead of {expected.usage}"
