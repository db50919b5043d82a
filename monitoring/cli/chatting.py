"""A conversation on the terminal: what is typed goes to a model, what begins with / changes where."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from rich.console import Console
from rich.text import Text

from monitoring.cli.client import CallFailed
from monitoring.cli.output import _safe

HELP = """/models [PART]   the models this key may call
/model NAME      talk to this one
/providers       the providers that have them
/provider NAME   only this provider's models; /provider alone: all again
/system TEXT     what the model is told first; /system alone: nothing
/clear           forget what was said
/help            this
/quit            or Ctrl-D: leave"""
SHOWN = 60  # models of a list


class Api(Protocol):
    def get(self, path: str) -> Any: ...

    def stream(self, path: str, body: dict[str, Any]) -> Any: ...


class Chat:
    """``read`` asks for a line; ``EOFError`` is the end. Ctrl-C while an answer comes ends that answer only."""

    def __init__(self, api: Api, console: Console, read: Callable[[str], str], *, model: str = "") -> None:
        self._api = api
        self._console = console
        self._read = read
        self.model = model
        self.provider = ""
        self.system = ""
        self.said: list[dict[str, str]] = []
        self._models: list[dict[str, Any]] = []

    def run(self) -> None:
        """Until the end. Raises ``CallFailed`` where there is nobody to talk to at all."""
        self._models = self._listed()
        if not self.model:
            self.model = self._first()
        self._tell(f"Talking to {self.model}. /help says what else can be typed, Ctrl-D leaves.", "bright_black")
        while True:
            try:
                line = self._read(f"{self.model}> ").strip()
            except EOFError:
                self._console.print()
                return
            except KeyboardInterrupt:
                self._console.print()
                continue
            if line in ("/quit", "/exit"):
                return
            if line.startswith("/"):
                self._command(line)
            elif line:
                self._answer(line)

    # --- commands ------------------------------------------------------------------------------------
    def _command(self, line: str) -> None:
        word, _, rest = line[1:].partition(" ")
        act = {
            "help": lambda _: self._tell(HELP),
            "models": self._show_models,
            "model": self._choose_model,
            "providers": self._show_providers,
            "provider": self._choose_provider,
            "system": self._set_system,
            "clear": self._clear,
        }.get(word)
        if act is None:
            self._tell(f"/{word} is not known. /help lists what is.", "yellow")
            return
        try:
            act(rest.strip())
        except CallFailed as error:
            self._tell(str(error), "red")

    def _show_models(self, part: str) -> None:
        self._models = self._listed()
        ids = [one["id"] for one in self._mine() if part.lower() in one["id"].lower()]
        for name in ids[:SHOWN]:
            self._tell(f"{'*' if name == self.model else ' '} {name}")
        if len(ids) > SHOWN:
            self._tell(f"… and {len(ids) - SHOWN} more: /models PART shows those with PART in their name.")
        if not ids:
            self._tell("There is none." if not part else f"None has {part} in its name.", "yellow")

    def _choose_model(self, name: str) -> None:
        if not name:
            self._tell(f"It is {self.model}. /model NAME changes it.")
            return
        if name not in {one["id"] for one in self._models}:
            self._models = self._listed()
        if name not in {one["id"] for one in self._models}:
            self._tell(f"{name} is in no list; it is asked for all the same.", "yellow")
        self.model = name
        self._tell(f"Talking to {name}.", "bright_black")

    def _show_providers(self, _: str) -> None:
        self._models = self._listed()
        counts: dict[str, int] = {}
        for one in self._models:
            counts[_owner(one)] = counts.get(_owner(one), 0) + 1
        for name in sorted(counts):
            many = f"{counts[name]} model{'s' if counts[name] != 1 else ''}"
            self._tell(f"{'*' if name == self.provider else ' '} {name}  {many}")
        if not counts:
            self._tell("There is none.", "yellow")

    def _choose_provider(self, name: str) -> None:
        if not name:
            self.provider = ""
            self._tell("All providers' models again.", "bright_black")
            return
        self._models = self._listed()
        folded = _folded(name)
        found = next((owner for owner in map(_owner, self._models) if _folded(owner) == folded), "")
        if not found:
            self._tell(
                f"No model of {name} may be called with this key. /providers lists those that have some.", "yellow"
            )
            return
        self.provider = found
        if self.model not in {one["id"] for one in self._mine()}:
            self.model = self._first()
        self._tell(f"Talking to {self.model} of {found}.", "bright_black")

    def _set_system(self, text: str) -> None:
        self.system = text
        self._tell("It is told so first." if text else "It is told nothing first.", "bright_black")

    def _clear(self, _: str) -> None:
        self.said = []
        self._tell("Nothing was said.", "bright_black")

    # --- calls ---------------------------------------------------------------------------------------
    def _listed(self) -> list[dict[str, Any]]:
        found = self._api.get("/v1/models")
        rows = found.get("data") if isinstance(found, dict) else None
        return [one for one in rows or [] if isinstance(one, dict) and isinstance(one.get("id"), str)]

    def _mine(self) -> list[dict[str, Any]]:
        return [one for one in self._models if not self.provider or _owner(one) == self.provider]

    def _first(self) -> str:
        mine = self._mine()
        if not mine:
            raise CallFailed("This key may call no model that is there: connect a provider, or allow the key more.")
        return str(mine[0]["id"])

    def _answer(self, text: str) -> None:
        asked = {"role": "user", "content": text}
        first = [{"role": "system", "content": self.system}] if self.system else []
        body = {
            "model": self.model,
            "messages": [*first, *self.said, asked],
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        began, answer, usage = time.monotonic(), "", None
        stream = self._api.stream("/v1/chat/completions", body)
        try:
            for event in stream:
                usage = event.get("usage") or usage
                for choice in event.get("choices") or []:
                    piece = (choice.get("delta") or {}).get("content") or ""
                    answer += piece
                    self._console.print(Text(_safe(piece)), end="")
        except CallFailed as error:
            self._console.print()
            self._tell(str(error), "red")
        except KeyboardInterrupt:
            self._console.print()
            self._tell("Stopped.", "yellow")
        else:
            self._console.print()
            counted = (
                f", {usage.get('prompt_tokens', 0):,} in, {usage.get('completion_tokens', 0):,} out" if usage else ""
            )
            self._tell(f"{time.monotonic() - began:.2f} s{counted}", "bright_black")
        finally:
            stream.close()
        if answer:
            self.said += [asked, {"role": "assistant", "content": answer}]

    def _tell(self, text: str, style: str = "") -> None:
        self._console.print(Text(_safe(text), style=style))


def _owner(model: dict[str, Any]) -> str:
    return str(model.get("owned_by") or "")


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
