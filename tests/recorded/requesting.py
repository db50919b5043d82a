"""A recorded request, read in its own wire and written again: it must say the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from providers.errors import SwitchboardError
from providers.vendors import Quirks
from tests.recorded.placing import target_of, wire_of
from tests.recorded.records import Record
from tests.recorded.spelling import EMPTY, normal, schemas_apart, usual, without_ids

OURS = {"stream_options", "model", "stream"}  # we name the model, and always ask for usage; paths say the rest
OURS |= {"store", "include"}  # a translated Responses call keeps nothing at the vendor; a native one says so itself


def is_asked(record: Record) -> bool:
    """Whether its request is one to write again: it succeeded, and is not Cohere's older form, which is only read."""
    return record.asked is not None and not record.failed and record.wire != "cohere-v1"


def request_problems(record: Record) -> Iterator[str]:
    """Where what is written differs in meaning from what was recorded."""
    assert record.asked is not None
    wire, target = wire_of(record), target_of(record)
    try:
        call = wire.read_request({"model": record.model, **record.asked})
        parts = wire.write_request(call, target)
    except SwitchboardError as error:
        yield f"{type(error).__name__}: {error.message}"
        return
    quirks: Quirks = target.vendor.quirks
    asked = {quirks.rename.get(name, name): value for name, value in usual(record.asked).items()}
    written = usual(json.loads(parts.content))
    for name in sorted((asked.keys() | written.keys()) - OURS - quirks.extra_body.keys() - set(parts.dropped)):
        wanted, got = (comparable(name, one.get(name), quirks, record) for one in (asked, written))
        if wanted != got and not (wanted in EMPTY and got in EMPTY):
            yield f"{name}: {first_difference(wanted, got)}"


def comparable(name: str, value: Any, quirks: Quirks, record: Record) -> Any:
    value = normal(value)
    if quirks.tool_call_id_pattern or record.wire == "cloudflare":  # ids are made or replaced: see the wires' tests
        value = without_ids(value)
    if record.wire == "gemini" and name in ("tools", "generationConfig"):
        value = schemas_apart(value)
    if name == "messages" and quirks.developer_as_system and isinstance(value, list):
        value = [{**one, "role": "system"} if one.get("role") == "developer" else one for one in value]
    return value


def first_difference(wanted: Any, got: Any, path: str = "") -> str:
    """The first place where two values differ."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        for name in sorted(wanted.keys() | got.keys()):
            if wanted.get(name) != got.get(name):
                return first_difference(wanted.get(name), got.get(name), f"{path}.{name}")
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        for at, (one, other) in enumerate(zip(wanted, got, strict=True)):
            if one != other:
                return first_difference(one, other, f"{path}[{at}]")
    return f"{path or 'it'} is {str(got)[:150]} instead of {str(wanted)[:150]}"
