"""What a request needs, read from the app's body: the kind by its words, features and size by its shape."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.routing.traits import Traits, read_traits


def asked(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "auto", "messages": [{"role": "user", "content": text}], **more}


def traits(body: dict[str, Any], *, dialect: str = "openai") -> Traits:
    return read_traits(body, dialect=dialect, size=len(json.dumps(body)))


PROMPTS = {
    "simple": (
        "What is the capital of France?",
        "How many metres are in a mile?",
        "Hello!",
        "Who painted the Mona Lisa?",
        "Translate 'good morning' into Spanish.",
        "Is Pluto a planet? Answer yes or no.",
        "Wie hoch ist der Eiffelturm?",
        "Was heißt „Danke“ auf Italienisch?",
        "Quelle est la capitale du Japon ?",
        "Combien font 17 fois 23 ?",
        "¿Cuántos habitantes tiene Madrid?",
        "法国的首都是哪里？",
        "今天是星期几？",
        "日本で一番高い山は？",
        "Сколько планет в Солнечной системе?",
        "What is the plot of Macbeth?",
        "What does the word python mean in Greek?",
    ),
    "code": (
        "Write a Python function that reverses a list.",
        "Why does this fail?\n```\nx = [1, 2\n```",
        'Traceback (most recent call last):\n  File "a", line 1\nWhat is wrong?',
        "Fix the bug in utils.py please",
        "Refactor this to use dependency injection",
        "SELECT name FROM users WHERE id = 3 is slow, why?",
        "What does `console.log(x === y)` print here: ```js\nlet x\n```",
        "diff --git a/x b/x\n--- a/x\n+++ b/x\nreview it",
        "How do I undo a git commit on another branch?",
        "java.lang.NullPointerException at com.example.Main",
        "Make me a regex for postal codes",
        "my docker container does not see the database",
        '{"a": {"b": 1}} has a syntax problem somewhere',
        "int main() { return 0; } does not compile",
        "Schreibe eine Funktion in Python, die Primzahlen findet.",
        "In meinem Skript kommt eine Fehlermeldung, was tun?",
        "Écris une fonction récursive en Python.",
        "Escribe una función en Java que ordene un array.",
        "用Python写一个快速排序函数",
        "这段代码报错了，怎么办？",
        "この関数のエラーを直してください。コードは以下です",
        "파이썬 함수의 버그를 고쳐줘",
        "Напиши функцию на Python, которая сортирует список, и исправь ошибку",
    ),
    "creative": (
        "Write a story about a dragon who is afraid of fire.",
        "Compose a poem for my grandmother's birthday.",
        "Give me a slogan for a bakery",
        "a haiku about rain",
        "Tell me a joke about penguins",
        "Continue the chapter: the door opened slowly",
        "Write a story about a python that lives in a zoo.",
        "Schreibe ein Gedicht über den Herbst.",
        "Erzähl mir eine Geschichte von einem Bären.",
        "Erfinde einen Werbespruch für Limonade.",
        "Écris un poème sur la mer.",
        "Raconte-moi une histoire drôle, invente des personnages",
        "Escribe un cuento sobre un gato viajero.",
        "请写一首关于春天的诗",
        "给孩子们讲一个故事",
        "桜についての俳句を作ってください",
        "短い物語を書いてください。",
        "Напиши короткий рассказ о море",
    ),
    "chat": (
        "Explain the causes of the First World War and compare them with those of the second.",
        "Analyse the strengths of this business idea: a café for dogs.",
        "Prove that the square root of two is irrational.",
        "Please summarise our meeting. " + "Anna reported on the progress of the new office and its costs. " * 8,
        "Erkläre ausführlich, wie ein Kühlschrank arbeitet.",
        "Explique la différence entre les deux régimes de retraite.",
        "请详细分析中国经济的发展",
        "日本の少子化について詳しく説明してください",
    ),
}
TABLE = [(kind, text) for kind, texts in PROMPTS.items() for text in texts]


@pytest.mark.parametrize(("kind", "text"), TABLE, ids=[text[:40] for _, text in TABLE])
def test_the_kind_is_told_by_the_words(kind: str, text: str) -> None:
    assert traits(asked(text)).kind == kind


def test_a_long_request_is_large_whatever_it_says() -> None:
    found = traits(asked("Write a story. " + "word " * 60_000))
    assert found.kind == "large" and found.input > 70_000


def test_a_follow_up_keeps_the_kind_of_the_first_question() -> None:
    body = asked("Write a Python function that parses dates.")
    body["messages"] += [{"role": "assistant", "content": "Here."}, {"role": "user", "content": "Make it shorter."}]
    assert traits(body).kind == "code"


def test_a_new_subject_is_judged_by_itself() -> None:
    body = asked("Write a Python function that parses dates.")
    body["messages"] += [
        {"role": "assistant", "content": "Here."},
        {"role": "user", "content": "Now a poem: write it."},
    ]
    assert traits(body).kind == "creative"


def test_what_the_instructions_say_does_not_make_the_kind() -> None:
    body = asked("What is the capital of Peru?")
    body["messages"].insert(0, {"role": "system", "content": "Put code in ``` fences. You may write stories."})
    assert traits(body).kind == "simple"


def test_a_coding_agent_is_known_by_its_tools() -> None:
    tools = [{"type": "function", "function": {"name": "Bash", "parameters": {}}}]
    assert traits(asked("go on", tools=tools)).kind == "code"
    assert traits({**asked("go on"), "tools": [{"name": "Read_File"}]}, dialect="anthropic").kind == "code"


def test_other_tools_make_a_short_question_no_simple_one() -> None:
    found = traits(asked("Is it raining?", tools=[{"type": "function", "function": {"name": "weather"}}]))
    assert found.kind == "chat" and found.tools


def image(data: str = "AAAA") -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}


def parts(*given: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(given)}]}


def test_openai_parts_tell_their_needs() -> None:
    assert traits(parts({"type": "text", "text": "What is it?"}, image())).vision
    assert traits(parts({"type": "input_audio", "input_audio": {"data": "A" * 80_000, "format": "wav"}})).audio
    assert traits(parts({"type": "file", "file": {"file_data": "data:application/pdf;base64,AAAA"}})).vision
    assert traits({**asked("Say it"), "modalities": ["text", "audio"]}).audio
    assert not traits(parts({"type": "text", "text": "What is it?"})).vision


def test_anthropic_blocks_tell_their_needs() -> None:
    picture = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "seen"}, picture]}
    assert traits(parts(picture), dialect="anthropic").vision
    assert traits(parts(result), dialect="anthropic").vision
    plain = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "word " * 400}}
    found = traits(parts(plain), dialect="anthropic")
    assert not found.vision and 450 <= found.input <= 600
    pdf = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "A" * 80_000}}
    assert traits(parts(pdf), dialect="anthropic").vision


@pytest.mark.parametrize(
    "wish",
    [
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}},
        {"response_format": {"type": "json_object"}},
        {"output_format": {"type": "json_schema", "schema": {}}},
        {"output_config": {"format": {"type": "json_schema", "schema": {}}}},
    ],
)
def test_a_wish_for_json_is_a_need(wish: dict[str, Any]) -> None:
    assert traits({**asked("List three towns."), **wish}).json_schema
    assert not traits({**asked("List three towns."), "response_format": {"type": "text"}}).json_schema


def test_functions_are_tools_and_streams_and_limits_are_told() -> None:
    found = traits(asked("Hi", functions=[{"name": "x"}], stream=True, max_tokens=700))
    assert found.tools and found.stream and found.output == 700
    assert traits(asked("Hi", max_completion_tokens=9, max_tokens=7)).output == 9
    assert traits(asked("Hi", max_tokens=True)).output == 0


def test_input_is_a_quarter_of_the_characters_and_one_for_each_chinese_one() -> None:
    assert 2400 <= traits(asked("word " * 2000)).input <= 2700
    assert 1950 <= traits(asked("汉字" * 1000)).input <= 2050
    assert 2500 <= read_traits(asked("word " * 2000), dialect="openai").input <= 2520  # the size is not known
    mixed = traits(asked("a" * 4000 + "汉" * 1000)).input
    assert 1700 <= mixed <= 2300


def test_pictures_and_files_count_by_their_own_measure() -> None:
    one = traits(parts(image("A" * 400_000))).input
    assert 1000 <= one <= 1050  # its bytes are no text
    assert 900 <= traits(parts(image("A" * 400_000), image("A" * 40))).input - one <= 1100
    pdf = {"type": "file", "file": {"file_data": "A" * 800_000}}
    assert 39_000 <= traits(parts(pdf)).input <= 41_000


def test_tools_count_as_input_by_the_size_of_the_body() -> None:
    tools = [{"type": "function", "function": {"name": f"t{one}", "description": "d" * 2000}} for one in range(10)]
    assert 5000 <= traits(asked("Hi", tools=tools)).input <= 5400
    assert traits(asked("你好", tools=tools)).input >= 1000  # the size tells nothing then


def test_nothing_is_looked_at_for_long() -> None:
    huge = asked("x" * 3_000_000)
    began = time.perf_counter()
    for _ in range(20):
        read_traits(huge, dialect="openai", size=3_000_100)
    assert (time.perf_counter() - began) / 20 < 0.005
    many = {"messages": [{"role": "user", "content": "What now?"}] * 4000}
    began = time.perf_counter()
    read_traits(many, dialect="openai", size=200_000)
    assert time.perf_counter() - began < 0.02


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(
    ["type", "text", "content", "role", "image_url", "source", "data", "input_audio", "file", "function", "name"]
)
kinds = st.sampled_from(["text", "image_url", "image", "document", "file", "input_audio", "tool_result", "json_schema"])
shaped = st.recursive(
    odd | kinds | st.just("user"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=5),
    max_leaves=20,
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["messages", "system", "tools", "functions", "response_format", "output_config", "modalities", "stream"]
        )
        | st.text(max_size=8),
        shaped,
        max_size=8,
    ),
    st.sampled_from(["openai", "anthropic"]),
    st.integers(0, 10_000_000),
)
def test_no_json_is_an_error(body: dict[str, Any], dialect: str, size: int) -> None:
    found = read_traits(body, dialect=dialect, size=size)
    assert found.input >= 0 and found.kind in ("simple", "code", "creative", "large", "chat")


@given(st.lists(st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant"]), "content": shaped}), max_size=6))
def test_no_message_is_an_error(messages: list[Any]) -> None:
    assert read_traits({"messages": messages}, dialect="openai").input >= 0


def test_a_body_of_millions_of_parts_holds_nobody_up() -> None:
    body = {"messages": [{"role": "user", "content": ["x"] * 3_000_000}, {"role": "user", "content": ["y"] * 9}]}
    began = time.perf_counter()
    traits = read_traits(body, dialect="openai", size=12_000_000)
    assert time.perf_counter() - began < 0.2 and traits.input > 50_000
