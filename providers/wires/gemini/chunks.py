"""``GenerateContentResponse`` objects → events. A whole reply is a stream of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from providers.canonical import (
    NOTHING,
    Event,
    Finish,
    Finished,
    Image,
    MediaDelta,
    OpaqueDelta,
    PartStopped,
    ReasoningDelta,
    Started,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    UsageReported,
)
from providers.wires.anthropic.codec import encode, without
from providers.wires.gemini.codec import NAME, dicts, minted_id, plain, signed
from providers.wires.gemini.grounding import logprobs, url_citations
from providers.wires.gemini.usage import finish_word, merge_usage, read_finish, read_usage

_TOP = ("candidates", "usageMetadata", "modelVersion", "responseId")
_CANDIDATE = ("content", "finishReason", "index", "logprobsResult")


class _Candidate:
    """One candidate: which part is open, and what is told of it at its end."""

    def __init__(self, index: int, seed: str) -> None:
        self.index = index
        self.seed = seed  # of minted call ids
        self.parts = 0
        self.open = ""  # the kind of the part that may go on
        self.calls = 0
        self.word = ""
        self.texts: list[str] = []
        self.text_part = 0  # the last one that holds text
        self.signature: str | None = None  # of a text part
        self.probabilities: list[dict[str, Any]] = []
        self.extra: dict[str, Any] = {}

    def read(self, candidate: Mapping[str, Any]) -> list[Event]:
        parts = dicts(plain(candidate.get("content")).get("parts"))
        events = [event for part in parts for event in self._part(part)]
        self.probabilities += logprobs(plain(candidate.get("logprobsResult")))
        self.extra |= {name: value for name, value in without(candidate, *_CANDIDATE).items() if value}
        self.word = finish_word(candidate.get("finishReason")) or self.word
        return events

    def _part(self, part: Mapping[str, Any]) -> list[Event]:
        call = plain(part.get("functionCall"))
        if isinstance(call.get("name"), str) and not (call.get("partialArgs") or call.get("willContinue")):
            return self._call(part, call)
        rest = without(part, "text", "thought", "thoughtSignature")
        if rest:
            blob = plain(part.get("inlineData"))
            picture = rest.keys() == {"inlineData"} and str(blob.get("mimeType")).startswith("image/")
            return self._picture(blob, part) if picture and part.get("thought") is not True else self._opaque(part)
        text = part.get("text")
        text = text if isinstance(text, str) else ""
        signature = part.get("thoughtSignature")
        signature = signature if isinstance(signature, str) and signature else None
        if part.get("thought") is True:
            return self._thought(text, signature)
        return self._text(text, signature) if text or signature else []

    def _turn(self, kind: str) -> list[Event]:
        """Opens a part of ``kind`` unless one is open."""
        if kind and self.open == kind:
            return []
        stopped = self.stop()
        self.open = kind
        self.parts += 1
        return stopped

    def stop(self) -> list[Event]:
        if not self.open:
            return []
        self.open = ""
        return [PartStopped(choice=self.index, part=self.parts - 1)]

    def _text(self, text: str, signature: str | None) -> list[Event]:
        """A signed part keeps to itself: its signature is of that very text."""
        self.texts.append(text)
        stopped = self.stop() if signature else []
        events = [*stopped, *self._turn("text")]
        extra = signed(signature) or NOTHING
        events.append(TextDelta(text=text, choice=self.index, part=self.parts - 1, extra=extra))
        self.text_part = self.parts - 1 if text else self.text_part
        if signature:
            self.signature = signature
            events += self.stop()
        return events

    def _thought(self, text: str, signature: str | None) -> list[Event]:
        events = self._turn("thought")
        events.append(ReasoningDelta(text=text, signature=signature, choice=self.index, part=self.parts - 1))
        return events + self.stop() if signature else events

    def _call(self, part: Mapping[str, Any], call: Mapping[str, Any]) -> list[Event]:
        given, arguments = call.get("id"), call.get("args")
        text = encode(arguments if isinstance(arguments, Mapping) else {}).decode()
        self.calls += 1
        events = self._turn("call")
        choice, at = self.index, self.parts - 1
        call_id = given if isinstance(given, str) and given else minted_id(self.seed, self.index, self.calls, text)
        extra = signed(part.get("thoughtSignature")) | ({"thought": True} if part.get("thought") is True else {})
        events.append(ToolCallStarted(id=call_id, name=call["name"], choice=choice, part=at, extra=extra or NOTHING))
        return [*events, ToolCallDelta(arguments=text, choice=choice, part=at), *self.stop()]

    def _picture(self, blob: Mapping[str, Any], part: Mapping[str, Any]) -> list[Event]:
        events = self._turn("picture")
        extra = signed(part.get("thoughtSignature")) or NOTHING
        image = Image(data=str(blob.get("data", "")), media_type=str(blob["mimeType"]), extra=extra)
        return [*events, MediaDelta(media=image, choice=self.index, part=self.parts - 1), *self.stop()]

    def _opaque(self, part: Mapping[str, Any]) -> list[Event]:
        events = self._turn("opaque")
        return [*events, OpaqueDelta(wire=NAME, value=part, choice=self.index, part=self.parts - 1), *self.stop()]

    def end(self) -> list[Event]:
        finish = read_finish(self.word, called=self.calls > 0)
        if not self.word and self.calls:
            finish = Finish.TOOL_CALLS
        extra = {**self.extra, "message": signed(self.signature)}
        if self.probabilities:
            extra["logprobs"] = {"content": self.probabilities, "refusal": None}
        extra = {name: value for name, value in extra.items() if value}
        done = Finished(finish=finish, raw=self.word or None, choice=self.index, extra=extra or NOTHING)
        return [*self._citations(), *self.stop(), done]

    def _citations(self) -> list[Event]:
        """They come with the last of the text, and are of all of it."""
        cited = url_citations(self.extra, "".join(self.texts))
        if not cited:
            return []
        return [TextDelta(text="", choice=self.index, part=self.text_part, extra={"annotations": cited})]


class ChunkReader:
    """Takes decoded objects; knows nothing of framing or errors."""

    def __init__(self) -> None:
        self._started = False
        self._seed = ""
        self._candidates: dict[int, _Candidate] = {}
        self._usage: dict[str, Any] = {}
        self._blocked = ""

    @property
    def empty(self) -> bool:
        """Nothing came that a reply could be made of."""
        return not self._candidates and not self._blocked

    @property
    def finished(self) -> bool:
        """Every candidate that began has its reason, or the prompt was refused."""
        return not self.empty and all(candidate.word for candidate in self._candidates.values())

    def read(self, chunk: Mapping[str, Any]) -> list[Event]:
        events = [] if self._started else self._start(chunk)
        for position, given in enumerate(dicts(chunk.get("candidates"))):
            index = given.get("index")
            index = index if isinstance(index, int) else position
            candidate = self._candidates.get(index)
            if candidate is None:
                candidate = self._candidates[index] = _Candidate(index, self._seed)
            events += candidate.read(given)
        reason = plain(chunk.get("promptFeedback")).get("blockReason")
        self._blocked = self._blocked or (reason if isinstance(reason, str) else "")
        self._usage = merge_usage(self._usage, chunk.get("usageMetadata"))
        usage = read_usage(self._usage) if chunk.get("usageMetadata") else None
        return [*events, UsageReported(usage=usage)] if usage else events

    def _start(self, chunk: Mapping[str, Any]) -> list[Event]:
        self._started = True
        reply_id, model = chunk.get("responseId"), chunk.get("modelVersion")
        reply_id, model = (word if isinstance(word, str) else "" for word in (reply_id, model))
        self._seed = reply_id
        extra = {name: value for name, value in without(chunk, *_TOP).items() if value}
        return [Started(id=reply_id, model=model, created=_seconds(chunk.get("createTime")), extra=extra or NOTHING)]

    def end(self) -> list[Event]:
        """The stream is over: what Google never says itself. A reason that came early may not have been the last."""
        if not self._candidates and self._blocked:
            extra = {"promptFeedback": {"blockReason": self._blocked}}
            return [Finished(finish=Finish.CONTENT_FILTER, extra=extra)]
        return [event for _, candidate in sorted(self._candidates.items()) for event in candidate.end()]


def _seconds(moment: Any) -> int | None:
    try:
        return int(datetime.fromisoformat(moment).timestamp())
    except (TypeError, ValueError, OverflowError, OSError):
        return None
