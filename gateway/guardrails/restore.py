"""Placeholders in an app's reply become their values again, whole or as a stream. A thought that its vendor
signed stays as it is: the app sends it back, and the vendor would refuse it changed."""

from __future__ import annotations

from gateway.guardrails.dialects import reply_shape
from gateway.guardrails.fields import TooDeep, Writing, walked
from gateway.guardrails.placeholders import Placeholders, open_placeholder
from gateway.guardrails.streams import StreamEditor
from gateway.guardrails.views import escaped, looks_like_json
from providers.wires.openai.codec import decode, encode


class Restorer:
    """Of one answer in the app's dialect."""

    def __init__(self, placeholders: Placeholders, *, endpoint: str) -> None:
        self._placeholders = placeholders
        self._endpoint = endpoint
        self._editor: StreamEditor | None = None

    def whole(self, body: bytes) -> bytes:
        shape = reply_shape(self._endpoint)
        if shape is None or b"[" not in body:
            return body
        try:
            told = decode(body)
            new = walked(told, shape, Writing(self._written, sealed=False))
        except (ValueError, TooDeep):
            return body
        return body if new is told else encode(new)

    def feed(self, piece: bytes) -> bytes:
        if self._editor is None:
            self._editor = StreamEditor(self._endpoint, self._pipe, self._written, sealed=False)
        return self._editor.feed(piece)

    def finish(self) -> bytes:
        return b"" if self._editor is None else self._editor.finish()

    def _written(self, text: str, json: bool) -> str:
        if "[" not in text:
            return text
        return self._placeholders.restored(text, escaped if json or _is_json(text) else str)

    def _pipe(self, json: bool) -> RestoringPipe:
        return RestoringPipe(self._placeholders, json=json)


def _is_json(text: str) -> bool:
    """Whether values need JSON's escapes: structured output is text to the dialect, and JSON to the app."""
    return looks_like_json(text)


class RestoringPipe:
    """Implements ``Pipe``: holds back what may be the beginning of a placeholder."""

    def __init__(self, placeholders: Placeholders, *, json: bool) -> None:
        self._placeholders = placeholders
        self._write = escaped if json else str
        self.held = ""
        self.changed = False

    def feed(self, text: str) -> str:
        text = self.held + text
        end = len(text) - open_placeholder(text)
        self.held = text[end:]
        return self._placeholders.restored(text[:end], self._write)

    def finish(self) -> str:
        held, self.held = self.held, ""
        return held
