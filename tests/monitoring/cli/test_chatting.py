"""The conversation on the terminal, against an API that is a list."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

from monitoring.cli.chatting import Chat
from monitoring.cli.client import CallFailed

MODELS = [
    {"id": "gpt-5", "owned_by": "openai"},
    {"id": "o9", "owned_by": "openai"},
    {"id": "opus", "owned_by": "claude_code"},
]


class Api:
    def __init__(self, models: list[Any] | None = None, events: list[Any] | None = None) -> None:
        self.models = MODELS if models is None else models
        self.events = events if events is not None else [delta("Hel"), delta("lo"), {"usage": {"prompt_tokens": 3}}]
        self.bodies: list[dict[str, Any]] = []

    def get(self, path: str) -> Any:
        assert path == "/v1/models"
        return {"data": self.models}

    def stream(self, path: str, body: dict[str, Any]) -> Iterator[Any]:
        self.bodies.append(body)
        for event in self.events:
            if isinstance(event, BaseException):
                raise event
            yield event


def delta(text: str) -> dict[str, Any]:
    return {"choices": [{"delta": {"content": text}}]}


def talk(api: Api, *lines: str | BaseException, model: str = "") -> tuple[str, Chat]:
    given = iter(lines)
    out = io.StringIO()

    def read(prompt: str) -> str:
        line = next(given, None)
        if line is None:
            raise EOFError
        if isinstance(line, BaseException):
            raise line
        return line

    chat = Chat(api, Console(file=out, width=200, highlight=False), read, model=model)
    chat.run()
    return out.getvalue(), chat


def test_what_was_said_goes_along_with_what_is_asked_next() -> None:
    api = Api()
    said, _ = talk(api, "Hi", "Again")
    assert "Hello" in said and "3 in" in said
    assert [one["content"] for one in api.bodies[1]["messages"]] == ["Hi", "Hello", "Again"]
    assert api.bodies[0]["model"] == "gpt-5" and api.bodies[0]["stream"]


def test_model_and_provider_are_chosen_by_name_whatever_its_spelling() -> None:
    api = Api()
    said, chat = talk(
        api, "/providers", "/provider CLAUDE-code", "Hi", "/models", "/provider", "/model o9", "Hi", "/quit", "Hi"
    )
    assert [body["model"] for body in api.bodies] == ["opus", "o9"]
    assert "openai  2 models" in said and "claude_code  1 model\n" in said and chat.provider == ""


def test_a_model_that_is_in_no_list_is_asked_for_all_the_same() -> None:
    said, chat = talk(Api(), "/model route-of-mine")
    assert "in no list" in said and chat.model == "route-of-mine"


def test_system_and_clear_change_what_is_sent() -> None:
    api = Api()
    talk(api, "/system Be brief.", "Hi", "/clear", "/system", "Ho")
    assert [one["role"] for one in api.bodies[0]["messages"]] == ["system", "user"]
    assert [one["content"] for one in api.bodies[1]["messages"]] == ["Ho"]


@pytest.mark.parametrize("error", [CallFailed("The budget of web is spent."), KeyboardInterrupt()])
def test_an_answer_that_breaks_off_ends_neither_the_conversation_nor_the_words_that_came(error: BaseException) -> None:
    api = Api(events=[delta("Hel"), error])
    said, chat = talk(api, "Hi", "Again")
    assert len(api.bodies) == 2 and chat.said[1]["content"] == "Hel"
    assert "budget of web" in said or "Stopped" in said


def test_an_answer_that_never_began_is_not_part_of_what_was_said() -> None:
    api = Api(events=[CallFailed("no")])
    _, chat = talk(api, "Hi", KeyboardInterrupt(), "", "/nonsense")
    assert chat.said == []


def test_a_key_that_may_call_nothing_says_what_to_do() -> None:
    with pytest.raises(CallFailed, match="connect a provider"):
        talk(Api(models=[]))


def test_what_a_model_says_cannot_command_the_terminal() -> None:
    said, _ = talk(Api(events=[delta("\x1b[2Jgone\x07")]), "Hi")
    assert "\x1b" not in said and "\x07" not in said
