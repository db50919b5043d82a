"""OpenAI's older text completions, passed through: only vendors that have them can be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import msgspec

from gateway.errors import BadRequest
from gateway.operations.base import Done, Single, read_beside, read_model, read_stream
from gateway.routing.targets import Planned
from providers.canonical import Finish, HttpParts
from providers.errors import SwitchboardError, UnsupportedFeature
from providers.parameters import filled_in
from providers.templates import path
from providers.vendors.base import Quirks
from providers.wires import StreamTap, wire
from providers.wires.openai.codec import encode, mapping, string
from providers.wires.openai.figures import read_finish, read_usage
from providers.wires.openai.stream_in import whole_error
from providers.wires.openai.stream_out import DONE_FRAME
from providers.wires.openai.tap import OpenAIStreamTap

PARAMETERS = frozenset({"temperature", "top_p", "max_tokens", "stop", "seed", "presence_penalty", "frequency_penalty"})


class Completions(Single):
    """Raises ``BadRequest`` naming the field that is malformed."""

    endpoint = "completions"

    def __init__(self, body: dict[str, Any]) -> None:
        self.body = body
        self.model = read_model(body)
        self.beside = read_beside(body)
        self.stream = read_stream(body)
        self.include_usage = _include_usage(body)
        _check_prompt(body.get("prompt"))

    def with_body(self, body: dict[str, Any]) -> Self:
        return type(self)(body)

    def write(self, planned: Planned) -> Sequence[HttpParts]:
        target, vendor = planned.target, planned.provider.vendor
        if vendor.completions_path is None:
            raise UnsupportedFeature(
                f"{vendor.name} has no text completions; ask POST /v1/chat/completions instead.", param="model"
            )
        parameters = {name: value for name, value in planned.parameters.items() if name in PARAMETERS}
        body = {**filled_in(self.body, parameters, dialect="openai"), "model": target.model}
        if self.stream and vendor.quirks.usage_in_stream == "option":
            body["stream_options"] = {**mapping(body.get("stream_options")), "include_usage": True}
        lost = _apply(vendor.quirks, body)
        return (HttpParts(path=path(vendor.completions_path, target), content=encode(body), dropped=lost),)

    def read(self, bodies: Sequence[bytes], planned: Planned) -> Done:
        (body,) = bodies
        vendor = planned.provider.vendor
        try:
            told = _body.decode(body)
        except (ValueError, RecursionError):
            raise whole_error(body, vendor) from None
        if told.error:
            raise whole_error(body, vendor)
        usage = read_usage(told.usage, vendor.quirks)
        characters = 0 if usage else sum(len(choice.text or "") for choice in told.choices)
        return Done(body, usage, _finish(told), characters)

    def tap(self, planned: Planned) -> StreamTap:
        return CompletionTap(planned.target, include_usage=self.include_usage)

    def write_stream_error(self, error: SwitchboardError, *, request_id: str) -> bytes:
        return wire("openai").write_stream_error(error, request_id=request_id)


class _Choice(msgspec.Struct):
    text: str | None = None
    finish_reason: str | None = None


class _Body(msgspec.Struct):
    choices: list[_Choice]
    usage: dict[str, Any] | None = None
    error: Any = None


_body = msgspec.json.Decoder(_Body)


def _finish(told: _Body) -> Finish | None:
    word = told.choices[0].finish_reason if told.choices else None
    return read_finish(word) if word else None


def _apply(quirks: Quirks, body: dict[str, Any]) -> tuple[str, ...]:
    """Renames and drops as in chat; the names of what was dropped. ``max_tokens`` keeps its name: the newer one is
    chat's alone."""
    for name, wanted in quirks.rename.items():
        if name in body and wanted != "max_completion_tokens":
            value = body.pop(name)
            body.setdefault(wanted, value)
    return tuple(sorted(name for name in quirks.drop & body.keys() if body.pop(name) is not None))


class CompletionTap(OpenAIStreamTap):
    """Frames as chat's, with ``text`` where chat has a delta."""

    def _note(self, chunk: Mapping[str, Any], length: int) -> bool:
        choices = chunk.get("choices")
        if isinstance(choices, list):
            chunk = {**chunk, "choices": [_as_chat(mapping(choice)) for choice in choices]}
        return super()._note(chunk, length)

    def _whole(self, body: bytes) -> bytes:
        """One JSON body where a stream was asked for: an error, or a reply that becomes the only frame."""
        try:
            told: Any = msgspec.json.decode(body)
        except (ValueError, RecursionError):
            told = None
        if not isinstance(told, dict) or not isinstance(told.get("choices"), list) or told.get("error"):
            self.error = whole_error(body, self._vendor)
            return b""
        self._note(told, len(body))
        self._ending, self.done = DONE_FRAME, True
        return b"data: " + encode(told) + b"\n\n"


def _as_chat(choice: Mapping[str, Any]) -> dict[str, Any]:
    return {**choice, "delta": {"content": string(choice.get("text"))}}


def _check_prompt(prompt: Any) -> None:
    if isinstance(prompt, str):
        return
    if isinstance(prompt, list) and prompt:
        if all(isinstance(one, str) for one in prompt) or _are_numbers(prompt):
            return
        if all(isinstance(one, list) and _are_numbers(one) for one in prompt):
            return
    raise BadRequest(
        "`prompt` must be a text, a list of texts, or a list (or lists) of a tokenizer's numbers.", param="prompt"
    )


def _are_numbers(given: list[Any]) -> bool:
    return all(type(one) is int for one in given)


def _include_usage(body: Mapping[str, Any]) -> bool:
    options = body.get("stream_options")
    if options is None:
        return False
    if not isinstance(options, dict):
        raise BadRequest("`stream_options` must be an object.", param="stream_options")
    return options.get("include_usage") is True
