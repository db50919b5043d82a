"""Moderation in OpenAI's shape, whichever dialect the target speaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

from gateway.answer import encode
from gateway.errors import BadRequest
from gateway.operations.base import Bodies, Done, Single, read_beside, read_model
from gateway.routing.targets import Planned
from providers.canonical import HttpParts, Usage
from providers.embeddings.headers import header_usage
from providers.errors import SwitchboardError, UnsupportedFeature
from providers.moderations import (
    Item,
    Moderated,
    ModerationCall,
    ModerationDialect,
    ModerationReply,
    dialect,
)
from providers.wires import StreamTap, wire

ENDPOINT = "moderations"
MOST_ITEMS = 1000
_READ = frozenset({"model", "input"})
_FREE = Usage(cost_usd=0.0)


class Moderations(Single):
    """Raises ``BadRequest`` naming the field that is malformed."""

    stream = False

    def __init__(self, body: dict[str, Any], *, endpoint: str = ENDPOINT) -> None:
        self.endpoint = endpoint
        self.body = body
        self.model = read_model(body)
        self.beside = read_beside(body)
        self.call = read_call(body, self.model)

    def with_body(self, body: dict[str, Any]) -> Self:
        return type(self)(body, endpoint=self.endpoint)

    def write(self, planned: Planned) -> Sequence[HttpParts]:
        return _dialect(planned).write_requests(self.call, planned.target)

    def read(self, bodies: Bodies, planned: Planned) -> Done:
        reply = _dialect(planned).read_replies(bodies, self.call, planned.target)
        usage = reply.usage or header_usage(bodies.headers)
        if planned.provider.vendor.moderations_free:
            usage = replace(usage, cost_usd=0.0) if usage is not None else _FREE
        return Done(written(reply), usage)

    def tap(self, planned: Planned) -> StreamTap:
        raise NotImplementedError("moderation does not stream")

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return wire("openai").write_stream_error(error, request_id=request_id)


def _dialect(planned: Planned) -> ModerationDialect:
    vendor = planned.provider.vendor
    if vendor.moderations is None:
        raise UnsupportedFeature(f"{vendor.name} has no moderation.", param="model")
    return dialect(vendor.moderations)


def read_call(body: Mapping[str, Any], model: str) -> ModerationCall:
    items, bare = read_input(body.get("input"))
    extra = {name: value for name, value in body.items() if name not in _READ}
    return ModerationCall(model=model, items=items, bare=bare, extra=extra)


def read_input(given: Any) -> tuple[tuple[Item, ...], bool]:
    """A text; a list of texts; a list of parts, which are one input; or a list of messages, which are one too. Says
    whether there was one input and no list. Raises ``BadRequest``."""
    if isinstance(given, str):
        return (Item(texts=(given,)),), True
    if not isinstance(given, list) or not given:
        raise BadRequest(
            "`input` must be a text, a list of texts, or a list of parts (text, image_url).", param="input"
        )
    if len(given) > MOST_ITEMS:
        raise BadRequest(f"`input` has more than {MOST_ITEMS} entries.", param="input")
    if all(isinstance(one, str) for one in given):
        return tuple(Item(texts=(one,)) for one in given), False
    if all(isinstance(one, dict) and "role" in one for one in given):
        return (_conversation(given),), False
    return (_parts(given, "input"),), False


def _conversation(given: list[dict[str, Any]]) -> Item:
    messages: list[tuple[str, str]] = []
    images: list[str] = []
    for place, one in enumerate(given):
        at, content = f"input[{place}]", one.get("content")
        if not isinstance(one["role"], str):
            raise BadRequest(f"`{at}.role` must be a text.", param=f"{at}.role")
        item = Item(texts=(content,)) if isinstance(content, str) else _parts(content, f"{at}.content")
        messages.append((one["role"], item.text))
        images += item.images
    return Item(texts=tuple(text for _, text in messages), images=tuple(images), messages=tuple(messages))


def _parts(given: Any, at: str) -> Item:
    if not isinstance(given, list) or not given:
        raise BadRequest(f"`{at}` must be a text or a list of parts.", param=at)
    texts: list[str] = []
    images: list[str] = []
    for place, part in enumerate(given):
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text" and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif kind == "image_url" and isinstance(url := _url(part.get("image_url")), str):
            images.append(url)
        else:
            name = f"{at}[{place}]"
            raise BadRequest(f"`{name}` must be a part: a text with `text`, or an image_url with its url.", param=name)
    return Item(texts=tuple(texts), images=tuple(images))


def _url(given: Any) -> Any:
    return given.get("url") if isinstance(given, dict) else given


def written(reply: ModerationReply) -> bytes:
    """The app's answer. An id is made up where the vendor gives none: OpenAI's clients expect one."""
    return encode(
        {
            **reply.extra,
            "id": reply.id or "modr-switchboard",
            "model": reply.model,
            "results": [_result(one) for one in reply.results],
        }
    )


def _result(one: Moderated) -> dict[str, Any]:
    looked_at = {name: list(one.looked_at.get(name, ())) for name in one.categories}
    return {
        "flagged": one.flagged,
        "categories": dict(one.categories),
        "category_scores": dict(one.scores),
        "category_applied_input_types": looked_at,
    }
