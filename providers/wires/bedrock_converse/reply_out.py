"""A canonical reply → a Converse reply, whole."""

from __future__ import annotations

from typing import Any

from providers.canonical import Audio, Choice, File, Finish, Image, Opaque, Part, Refusal, Reply, Text
from providers.errors import UnsupportedFeature
from providers.wires.anthropic.codec import encode
from providers.wires.bedrock_converse.blocks_in import NAME
from providers.wires.bedrock_converse.blocks_out import BlockWriter
from providers.wires.bedrock_converse.usage import write_finish, write_usage

KEPT = ("metrics", "trace", "performanceConfig", "serviceTier")
NO_CHOICE = Choice(index=0, parts=(), finish=Finish.STOP)


def write_reply(reply: Reply) -> bytes:
    """The first choice: this dialect has no other. Raises ``UnsupportedFeature`` for content it has no block for."""
    choice = reply.choices[0] if reply.choices else NO_CHOICE
    blocks = [block for part in choice.parts if not _is_empty(part) for block in write_part(part)]
    written: dict[str, Any] = {
        "output": {"message": {"role": "assistant", "content": blocks}},
        "stopReason": write_finish(choice.finish, choice.raw_finish),
        "usage": write_usage(reply.usage),
        "metrics": {"latencyMs": 0},
    }
    if fields := choice.extra.get("additionalModelResponseFields"):
        written["additionalModelResponseFields"] = fields
    return encode(written | {name: reply.extra[name] for name in KEPT if reply.extra.get(name)})


def write_part(part: Part) -> list[dict[str, Any]]:
    if isinstance(part, Opaque) and part.wire != NAME:
        kind = part.value.get("type", "such")
        raise UnsupportedFeature(f"{kind} content cannot be told in the Converse dialect")
    if isinstance(part, Image) and part.data is None:
        raise UnsupportedFeature("a picture by address cannot be told in the Converse dialect")
    if isinstance(part, Audio | File):
        raise UnsupportedFeature(f"{type(part).__name__.lower()} content cannot be told in the Converse dialect")
    return BlockWriter(native=True, dropped=[]).write_reply_part(part)


def _is_empty(part: Part) -> bool:
    return isinstance(part, Text | Refusal) and not part.text and not part.extra
