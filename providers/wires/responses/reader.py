"""Decoded events of a Responses stream → ours. A whole response is read as its completion alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Event, Finished, Started, UsageReported
from providers.vendors.base import Vendor
from providers.wires.openai.codec import mapping, string
from providers.wires.responses.figures import read_finish, read_usage
from providers.wires.responses.items_reply import Item, MessageItem, Parts, new_item

_ENDS = ("response.completed", "response.incomplete", "response.done")


class ResponseReader:
    """Knows nothing of framing or errors. ``finished``: the response told its end."""

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._parts = Parts()
        self._items: dict[int, Item] = {}
        self._id = ""
        self._started = False
        self.finished = False

    def read(self, event: Mapping[str, Any], kind: str) -> list[Event]:
        response = event.get("response")
        events = self._start(response) if isinstance(response, dict) else []
        if kind in _ENDS:
            return events + self._finish(mapping(response))
        if kind == "response.output_item.added":
            return events + self._begin(event)
        if kind == "response.output_item.done":
            item = mapping(event.get("item"))
            return events + self._item(_index(event), item).finish(item)
        if kind.startswith("response.") and kind.endswith(".delta"):
            return events + self._piece(event, kind)
        if kind == "response.output_text.annotation.added":
            self._annotate(event)
        return events

    def whole(self, response: Mapping[str, Any]) -> list[Event]:
        return self._start(response) + self._finish(response)

    def _start(self, response: Mapping[str, Any]) -> list[Event]:
        if self._started:
            return []
        self._started = True
        self._id, created = string(response.get("id")), response.get("created_at")
        known = int(created) if isinstance(created, int | float) and not isinstance(created, bool) else None
        return [Started(id=self._id, model=string(response.get("model")), created=known)]

    def _begin(self, event: Mapping[str, Any]) -> list[Event]:
        item = mapping(event.get("item"))
        return self._item(_index(event), item).begin(item)

    def _item(self, index: int, given: Mapping[str, Any]) -> Item:
        """The item at ``index``; one that is over and comes again as another kind is a new one."""
        known = self._items.get(index)
        if known is None or (known.kind != given.get("type") and given):
            known = new_item(given, self._parts, slug=self._vendor.slug, seed=(self._id, index))
            self._items[index] = known
        return known

    def _piece(self, event: Mapping[str, Any], kind: str) -> list[Event]:
        item = self._items.get(_index(event))
        if item is None and kind == "response.output_text.delta":  # a vendor that did not announce its message
            item = self._item(_index(event), {"type": "message"})
        if item is None or item.done:
            return []
        inner = event.get("summary_index" if "summary" in kind else "content_index")
        name = kind.removeprefix("response.").removesuffix(".delta")
        return item.piece(name, inner if isinstance(inner, int) else 0, string(event.get("delta")))

    def _annotate(self, event: Mapping[str, Any]) -> None:
        item = self._items.get(_index(event))
        if isinstance(item, MessageItem):
            item.heard.append(event.get("annotation"))

    def _finish(self, response: Mapping[str, Any]) -> list[Event]:
        self.finished = True
        output = response.get("output")
        events: list[Event] = []
        streamed = bool(self._items)
        for index, given in enumerate(output if isinstance(output, list) else ()):
            events += self._complete(index, mapping(given), streamed=streamed)
        items = [self._items[index] for index in sorted(self._items)]
        called, refused = any(item.called for item in items), any(item.refused for item in items)
        finish, raw = read_finish(response, called=called, refused=refused)
        events.append(Finished(finish=finish, raw=raw, extra=_beside(items)))
        usage = read_usage(response, self._vendor.quirks)
        return [*events, UsageReported(usage=usage)] if usage else events

    def _complete(self, index: int, given: Mapping[str, Any], *, streamed: bool) -> list[Event]:
        """What the stream left untold. A stream may number its items otherwise than the whole does."""
        known = self._items.get(index)
        if streamed and (known is None or known.done or known.kind != given.get("type")):
            return []
        return self._item(index, given).finish(given)


def _index(event: Mapping[str, Any]) -> int:
    index = event.get("output_index")
    return index if isinstance(index, int) else 0


def _beside(items: list[Item]) -> dict[str, Any]:
    """What chat's dialect tells of a choice beside its parts."""
    messages = [item for item in items if isinstance(item, MessageItem)]
    annotations = [_annotation(mapping(one)) for item in messages for one in item.annotations or item.heard]
    logprobs = [one for item in messages for one in item.logprobs]
    extra: dict[str, Any] = {"message": {"annotations": annotations}} if annotations else {}
    return {**extra, **({"logprobs": {"content": logprobs, "refusal": None}} if logprobs else {})}


def _annotation(given: Mapping[str, Any]) -> dict[str, Any]:
    """As chat spells it: a citation of a page is nested, all else is as it came."""
    if given.get("type") != "url_citation" or "url_citation" in given:
        return dict(given)
    inner = {name: value for name, value in given.items() if name != "type"}
    return {"type": "url_citation", "url_citation": inner}
