"""What a request may come to at most, before it is sent: the estimate that holds are made of.

``gateway.routing.traits`` reads what a request needs on the average; a hold must not be passed. So every text of the
body counts at ``text_units``, the names in tools and schemas too; every message, tool and server tool has an allowance
for what vendors put around it; an image counts as the most its vendor makes of one; media count by their bytes at the
lowest bit rates in use. What nobody can tell (a file by its address or id) makes the estimate ``open``: then it is the
whole window of the model. Checked against what vendors really counted: tests/gateway/budgets/test_estimate.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from gateway.budgets.text import text_units

BESIDE_CALL = 200  # units of what vendors put before a request
# What more comes before it at some models, by part of their name; the last two search and reason by themselves.
BESIDE_AT = (("command", 1900), ("grok", 800), ("mimo", 300), ("compound", 30_000), ("bodybuilder", 30_000))
BESIDE_MESSAGE = 8
BESIDE_TOOLS = 700  # what tells a model how to call any
BESIDE_TOOL = 24
SEARCHED = 15_000  # what one search or fetch of a vendor's own tool brings in
SEARCHING = frozenset({"web_search_options", "search_parameters", "enable_search", "plugins", "venice_parameters"})
SEARCHES = 5  # where a tool does not say how often at most
IMAGE = 5000
IMAGES = (("gpt-4o-mini", 48_200), ("qwen", 16_400), ("qvq", 16_400))  # by part of the model's name
AUDIO_BYTES = {"wav": 330, "pcm16": 330}  # of base64, a unit: telephone quality at 32 units a second
AUDIO_BYTES_ELSE = 30  # 6 kbit/s
LEAST_FILE = 4000  # a page
BESIDE_FILE = 900  # how to cite it
ELSEWHERE = frozenset({"cached_content", "cachedContent", "previous_response_id", "conversation"})  # kept by the vendor
CHUNK, CHUNKS = 500, 100  # units of a reranked chunk, and chunks of a search unit
DEEPEST = 100  # what lies deeper is of unknown size
HIDDEN = frozenset({"signature", "encrypted_content", "thought_signature", "thoughtSignature"})
HIDDEN_BYTES = 4  # of a sealed thought, a unit
FUNCTIONS = frozenset({"function", "custom", None})
MEDIA = frozenset({"image_url", "image", "input_image"})
SOUND = frozenset({"input_audio", "audio", "audio_url"})
FILES = frozenset({"file", "document", "input_file", "video", "video_url", "input_video"})
NOT_READ = frozenset({"model", "stream", "stream_options", "user", "metadata", "messages", "tools", "functions"})


class Estimate(NamedTuple):
    """``input`` in units without images and sound; ``images`` in number; ``audio`` in units. ``searches``: of vendors'
    own tools, their results in ``input``; ``search_units`` of a reranker. ``open``: a part of it is of unknown size."""

    input: int = 0
    images: int = 0
    audio: int = 0
    searches: int = 0
    search_units: int = 0
    long_cache: bool = False
    open: bool = False

    def units(self, model: str, *, window: int | None) -> int:
        """The most input there can be at a target. ``window``: the model's, ``None`` where unknown."""
        most = self.input + self.audio + self.images * _listed(model, IMAGES, IMAGE) + _listed(model, BESIDE_AT, 0)
        return max(most, window or 200_000) if self.open else most


class _Sum:
    __slots__ = ("audio", "images", "long_cache", "open", "searches", "units")

    def __init__(self) -> None:
        self.units = self.images = self.audio = self.searches = 0
        self.long_cache = self.open = False

    def told(self, *, search_units: int = 0) -> Estimate:
        return Estimate(self.units, self.images, self.audio, self.searches, search_units, self.long_cache, self.open)

    def any(self, value: Any, depth: int = DEEPEST) -> None:
        """All texts in a value, its names too."""
        if isinstance(value, str):
            self.units += text_units(value) + 1
        elif value is None:
            pass
        elif not isinstance(value, Mapping | list | tuple):
            self.units += 3
        elif not depth:
            self.open = True
        elif isinstance(value, Mapping):
            for name, inner in value.items():
                self.named(name, inner, depth - 1)
        else:
            for inner in value:
                self.any(inner, depth - 1)

    def named(self, name: Any, value: Any, depth: int) -> None:
        if name in HIDDEN and isinstance(value, str):
            self.units += len(value) // HIDDEN_BYTES
            return
        if name in ELSEWHERE and value:
            self.open = True
        if name == "ttl" and value == "1h":
            self.long_cache = True
        self.units += text_units(str(name)) + 2
        self.any(value, depth)

    def message(self, message: Any) -> None:
        self.units += BESIDE_MESSAGE
        if not isinstance(message, Mapping):
            self.any(message)
            return
        for name, value in message.items():
            if name == "content":
                self.content(value, DEEPEST)
            elif name != "role":
                self.named(name, value, DEEPEST)

    def content(self, content: Any, depth: int) -> None:
        if isinstance(content, list):
            for part in content:
                self.part(part, depth)
        else:
            self.any(content)

    def part(self, part: Any, depth: int) -> None:
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind in MEDIA:
            self.images += 1
        elif kind in SOUND:
            self._sound(part)
        elif kind in FILES:
            self._file(part)
        elif kind == "text" and isinstance(part.get("text"), str):
            self.units += text_units(part["text"])
            if "cache_control" in part:
                self.named("cache_control", part["cache_control"], 2)
        elif isinstance(part, Mapping) and isinstance(part.get("content"), list) and depth:
            self.content(part["content"], depth - 1)
            self.any({name: value for name, value in part.items() if name != "content"})
        else:
            self.any(part)

    def inputs(self, given: Any) -> None:
        """A text, a tokenizer's numbers, or a list of either."""
        if isinstance(given, str):
            self.units += text_units(given) + 2
        elif isinstance(given, list | tuple):
            for one in given:
                if isinstance(one, int):
                    self.units += 1
                else:
                    self.inputs(one)

    def tools(self, tools: Any) -> None:
        if not isinstance(tools, list) or not tools:
            return
        self.units += BESIDE_TOOLS
        for tool in tools:
            self.units += BESIDE_TOOL
            self.any(tool)
            kind = tool.get("type") if isinstance(tool, Mapping) else None
            if isinstance(kind, str) and kind not in FUNCTIONS:
                most = tool.get("max_uses")
                times = most if isinstance(most, int) and 0 < most < 100 else SEARCHES
                self.searches += times
                self.units += times * SEARCHED

    def _sound(self, part: Mapping[str, Any]) -> None:
        data, kind = _data(part), ""
        if isinstance(inner := part.get("input_audio") or part.get("audio"), Mapping):
            kind = str(inner.get("format") or "").lower()
        self.open = self.open or not data
        self.audio += data // AUDIO_BYTES.get(kind, AUDIO_BYTES_ELSE) + 1

    def _file(self, part: Mapping[str, Any]) -> None:
        source = part.get("source")
        self.units += BESIDE_FILE
        if isinstance(source, Mapping) and source.get("type") in ("text", "content"):
            self.content(source.get("data") or source.get("content"), 2)
            return
        data = _data(part)
        self.open = self.open or not data
        self.units += max(LEAST_FILE, data)


def chat_estimate(body: Mapping[str, Any]) -> Estimate:
    """Of a chat in OpenAI's or Anthropic's dialect, or a text completion."""
    found = _Sum()
    found.units = BESIDE_CALL
    messages = body.get("messages")
    for message in messages if isinstance(messages, list) else ():
        found.message(message)
    found.tools(body.get("tools"))
    found.tools(body.get("functions"))
    for name, value in body.items():
        if name == "system":
            found.content(value, DEEPEST)
        elif name == "prompt":
            found.inputs(value)
        elif name in SEARCHING and value:
            found.units += SEARCHED
        elif name not in NOT_READ and isinstance(value, str | Mapping | list):
            found.named(name, value, DEEPEST)
    return found.told()


def embeddings_estimate(inputs: Sequence[Any]) -> Estimate:
    """``inputs``: texts, or lists of a tokenizer's numbers."""
    found = _Sum()
    found.units = BESIDE_MESSAGE * (len(inputs) + 1)
    found.inputs(inputs)
    return found.told()


def rerank_estimate(query: str, documents: Sequence[Any]) -> Estimate:
    """Each document is read with the query before it. A search unit is up to 100 of them, and a long one counts as
    several (docs.cohere.com/docs/rerank)."""
    asked, units, chunks = text_units(query) + BESIDE_MESSAGE, 0, 0
    for document in documents:
        found = _Sum()
        found.any(document)
        units += found.units + asked
        chunks += -(-(found.units + asked) // CHUNK)
    return Estimate(input=units, search_units=-(-chunks // CHUNKS))


def _listed(model: str, units: Sequence[tuple[str, int]], usual: int) -> int:
    folded = model.lower()
    return next((found for part, found in units if part in folded), usual)


def _data(part: Mapping[str, Any]) -> int:
    """Characters of the media in a part, one or two levels down; 0 where it only names where they lie."""
    longest = 0
    for value in part.values():
        for inner in value.values() if isinstance(value, Mapping) else (value,):
            if isinstance(inner, str) and not inner.startswith(("http://", "https://", "gs://", "s3://")):
                longest = max(longest, len(inner))
    return longest if longest > 100 else 0
