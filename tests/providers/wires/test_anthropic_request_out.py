"""A call of another dialect becomes a request that Anthropic takes; what cannot be said there is named."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming, MessageCreateParamsStreaming
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from providers.canonical import (
    Audio,
    Call,
    File,
    HttpParts,
    Image,
    Message,
    Opaque,
    OutputFormat,
    Part,
    Reasoning,
    Refusal,
    Role,
    Target,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from providers.errors import RequestRejected, UnsupportedFeature
from providers.vendors.anthropic import VENDOR
from providers.wires import wire

WIRE = wire("anthropic")
PARAMS: TypeAdapter[Any] = TypeAdapter(MessageCreateParamsNonStreaming | MessageCreateParamsStreaming)
HI = Message(role="user", parts=(Text(text="Hi"),))
LOOK = Tool(name="look", parameters={"type": "object", "properties": {}})


def check(written: dict[str, Any]) -> None:
    """Raises if Anthropic's own types do not take ``written``. Pydantic checks an Iterable only while it is read."""
    read_through(PARAMS.validate_python(written))


def read_through(value: Any) -> None:
    if isinstance(value, Mapping):
        value = value.values()
    if isinstance(value, Iterable) and not isinstance(value, str):
        for item in value:
            read_through(item)


def send(*messages: Message, model: str = "claude-opus-5-5", **fields: Any) -> HttpParts:
    call = Call(model="any", messages=messages or (HI,), **fields)
    return WIRE.write_request(call, Target(provider="anthropic", model=model, vendor=VENDOR))


def body(*messages: Message, **fields: Any) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(send(*messages, **fields).content)
    check(written)
    return written


def says(role: Role, *parts: Part | str, **fields: Any) -> Message:
    return Message(role=role, parts=tuple(Text(text=p) if isinstance(p, str) else p for p in parts), **fields)


def blocks(*parts: Part | str, role: Role = "user") -> list[dict[str, Any]]:
    content: list[dict[str, Any]] = body(says(role, *parts))["messages"][-1]["content"]
    return content


def test_a_plain_call_gets_the_most_the_model_can_give() -> None:
    assert body() == {
        "model": "claude-opus-5-5",
        "max_tokens": 128_000,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
    }
    assert body(max_output=7)["max_tokens"] == 7


@pytest.mark.parametrize(
    ("model", "most"),
    [
        ("claude-haiku-4-5-20251001", 64_000),
        ("claude-opus-4-20250514", 32_000),
        ("claude-3-5-haiku-latest", 8192),
        ("claude-3-opus-20240229", 4096),
        ("glm-5", 8192),
    ],
)
def test_the_default_limit_is_the_models(model: str, most: int) -> None:
    assert body(model=model)["max_tokens"] == most


def test_turns_alternate_and_instructions_are_hoisted() -> None:
    written = body(
        says("system", "Be brief."),
        says("user", "One"),
        says("developer", "Be kind."),
        says("user", "Two", ""),
        says("assistant", "", Refusal(text="No.")),
        says("assistant", "  "),
        says("user", "Three"),
    )
    assert [block["text"] for block in written["system"]] == ["Be brief.", "Be kind."]
    assert [(m["role"], [b["text"] for b in m["content"]]) for m in written["messages"]] == [
        ("user", ["One", "Two"]),
        ("assistant", ["No."]),
        ("user", ["Three"]),
    ]


def test_a_conversation_always_opens_with_the_user() -> None:
    assert [m["role"] for m in body(says("assistant", "Welcome!"), HI)["messages"]] == ["user", "assistant", "user"]
    alone = body(says("system", "Tell a joke."))
    assert alone["messages"][0]["content"] == [{"type": "text", "text": "Tell a joke."}]
    assert "system" not in alone


def test_a_conversation_of_nothing_is_refused() -> None:
    with pytest.raises(UnsupportedFeature, match="visible"):
        send(says("user", " "))


def test_a_prefill_does_not_end_in_white_space() -> None:
    assert body(HI, says("assistant", "Sure: \n"))["messages"][-1]["content"][0]["text"] == "Sure:"


def test_tool_messages_become_one_user_turn_that_results_open() -> None:
    calls = (
        ToolCall(id="a", name="look", arguments='{"x":1}'),
        ToolCall(id="functions.look:1", name="look", arguments=""),
    )
    written = body(
        HI,
        says("assistant", *calls),
        says("tool", ToolResult(call_id="a", parts=(Text(text="sun"),))),
        says("tool", ToolResult(call_id="functions.look:1", parts=(), is_error=True)),
        says("user", "And?"),
        tools=(LOOK,),
    )
    uses, results = written["messages"][1]["content"], written["messages"][2]["content"]
    assert [use["input"] for use in uses] == [{"x": 1}, {}]
    assert [block["type"] for block in results] == ["tool_result", "tool_result", "text"]
    assert [block["tool_use_id"] for block in results[:2]] == [use["id"] for use in uses]
    assert results[1]["is_error"] is True


def test_a_user_turn_between_call_and_result_moves_behind_the_result() -> None:
    written = body(
        HI,
        says("assistant", ToolCall(id="a", name="look", arguments="{}")),
        says("user", "Hurry"),
        says("tool", ToolResult(call_id="a", parts=(Text(text="sun"),))),
        tools=(LOOK,),
    )
    assert [block["type"] for block in written["messages"][2]["content"]] == ["tool_result", "text"]


@pytest.mark.parametrize("arguments", ["[1]", "not json", '"text"', "\\ud800"])
def test_arguments_that_are_no_object_are_kept(arguments: str) -> None:
    use = blocks(ToolCall(id="a", name="look", arguments=arguments), role="assistant")[0]
    assert list(use["input"]) == ["input"]


def test_images_are_written() -> None:
    png = "iVBORw0KGgoAAAA"
    assert blocks(Image(url="https://a.example/b"))[0]["source"] == {"type": "url", "url": "https://a.example/b"}
    inline = {"type": "base64", "media_type": "image/png", "data": png}
    assert blocks(Image(url=f"data:image/png;base64,{png}"))[0]["source"] == inline
    assert blocks(Image(data=png, media_type="image/jpeg"))[0]["source"] == inline  # what the bytes say counts
    assert blocks(Image(data="AAAA", media_type="image/jpg"))[0]["source"]["media_type"] == "image/jpeg"
    with pytest.raises(UnsupportedFeature, match="image/tiff"):
        send(says("user", Image(data="AAAA", media_type="image/tiff")))
    with pytest.raises(RequestRejected, match="base64"):
        send(says("user", Image(url="data:image/png,hello")))


def test_files_are_written() -> None:
    pdf = blocks(File(data="data:application/pdf;base64,JVBERi0x", name="a.pdf"))[0]
    source = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"}
    assert pdf == {"type": "document", "source": source, "title": "a.pdf"}
    assert blocks(File(data="JVBERi0x"))[0]["source"]["media_type"] == "application/pdf"
    words = {"type": "text", "media_type": "text/plain", "data": "a,b"}
    assert blocks(File(data="YSxi", media_type="text/csv"))[0]["source"] == words
    assert blocks(File(file_id="file_1"))[0]["source"] == {"type": "file", "file_id": "file_1"}
    with pytest.raises(UnsupportedFeature, match="zip"):
        send(says("user", File(data="AAAA", media_type="application/zip")))


def test_signed_thinking_goes_back_and_unsigned_is_named() -> None:
    parts = send(
        HI,
        says(
            "assistant",
            Reasoning(text="Hm", signature="sig"),
            Reasoning(encrypted="xyz"),
            Reasoning(text="plain"),
            Reasoning(encrypted="gpt", extra={"format": "openai-responses-v1"}),
            "Yes",
        ),
        HI,
    )
    assert json.loads(parts.content)["messages"][1]["content"] == [
        {"type": "thinking", "thinking": "Hm", "signature": "sig"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "text", "text": "Yes"},
    ]
    assert parts.dropped == ("messages.reasoning",)


def test_a_cache_mark_survives_on_a_part_or_a_message() -> None:
    mark = {"type": "ephemeral"}
    on_part = says("user", Text(text="long", extra={"cache_control": mark, "annotations": []}))
    on_message = says("user", "more", extra={"cache_control": mark})
    content = body(on_part, on_message)["messages"][0]["content"]
    assert content == [
        {"type": "text", "text": "long", "cache_control": mark},
        {"type": "text", "text": "more", "cache_control": mark},
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"tool_choice": ToolChoice(mode="auto")}, {"type": "auto"}),
        ({"tool_choice": ToolChoice(mode="required")}, {"type": "any"}),
        ({"tool_choice": ToolChoice(mode="none"), "parallel_tool_calls": False}, {"type": "none"}),
        ({"tool_choice": ToolChoice(mode="named", name="look")}, {"type": "tool", "name": "look"}),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"parallel_tool_calls": True}, None),
    ],
)
def test_the_choice_of_tools_is_written(fields: dict[str, Any], expected: dict[str, Any] | None) -> None:
    assert body(tools=(LOOK,), **fields).get("tool_choice") == expected


def test_a_choice_without_tools_is_left_out() -> None:
    assert "tool_choice" not in body(tool_choice=ToolChoice(mode="auto"))


def test_tools_get_the_schema_anthropic_needs() -> None:
    strict = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}
    tools = (
        Tool(name="bare"),
        Tool(name="loose", parameters={"properties": {}}),
        Tool(name="s", parameters=strict, strict=True),
    )
    bare, loose, tight = body(tools=tools)["tools"]
    assert bare == {"name": "bare", "input_schema": {"type": "object", "properties": {}}}
    assert loose["input_schema"]["type"] == "object"
    assert tight["strict"] is True
    assert tight["input_schema"]["additionalProperties"] is False
    assert tight["input_schema"]["properties"]["n"] == {"type": "integer", "description": "{minimum: 1}"}


def test_a_json_schema_is_asked_for_where_the_model_takes_one() -> None:
    asked = OutputFormat(kind="json_schema", schema={"type": "object", "properties": {"a": {"type": "object"}}})
    written = body(output_format=asked)["output_config"]["format"]["schema"]
    assert written["additionalProperties"] is written["properties"]["a"]["additionalProperties"] is False
    with pytest.raises(UnsupportedFeature, match="json_schema"):
        send(output_format=asked, model="claude-3-5-sonnet-latest")


def test_json_mode_becomes_an_instruction_and_is_named() -> None:
    parts = send(output_format=OutputFormat(kind="json_object"))
    assert "JSON" in json.loads(parts.content)["system"][0]["text"]
    assert parts.dropped == ("response_format",)


def think(model: str, effort: str, **fields: Any) -> tuple[Any, Any, tuple[str, ...]]:
    parts = send(model=model, thinking=Thinking(effort=effort), **fields)
    written = json.loads(parts.content)
    check(written)
    return written.get("thinking"), written.get("output_config", {}).get("effort"), parts.dropped


def test_effort_is_said_in_the_words_of_the_models_generation() -> None:
    shown = {"type": "adaptive", "display": "summarized"}
    assert think("claude-opus-5-5", "xhigh") == (shown, "xhigh", ())
    assert think("claude-opus-4-6", "xhigh") == ({"type": "adaptive"}, "high", ())
    assert think("claude-opus-4-6", "minimal") == ({"type": "adaptive"}, "low", ())
    assert think("claude-opus-4-5", "max") == ({"type": "enabled", "budget_tokens": 32_768}, "high", ())
    assert think("claude-haiku-4-5", "medium") == ({"type": "enabled", "budget_tokens": 8192}, None, ())
    assert think("claude-3-5-haiku-latest", "high") == (None, None, ("reasoning_effort",))
    assert think("claude-opus-5", "enormous") == (None, None, ("reasoning_effort",))


def test_thinking_is_switched_off_where_it_can_be() -> None:
    assert think("claude-sonnet-5", "none") == ({"type": "disabled"}, None, ())
    assert think("claude-haiku-4-5", "none") == (None, None, ())
    assert think("claude-fable-5-1", "none") == (None, "low", ("reasoning_effort",))


def test_a_budget_always_leaves_room_for_the_answer() -> None:
    thinking, _, _ = think("claude-haiku-4-5", "high", max_output=4000)
    assert thinking == {"type": "enabled", "budget_tokens": 3200}
    assert think("claude-haiku-4-5", "high", max_output=1024) == (None, None, ("reasoning_effort",))


def test_no_thinking_beside_a_forced_tool_or_after_an_unsigned_tool_call() -> None:
    forced = {"tools": (LOOK,), "tool_choice": ToolChoice(mode="required")}
    assert think("claude-haiku-4-5", "low", **forced) == (None, None, ("reasoning_effort",))
    assert think("claude-opus-5", "low", **forced) == (None, "low", ())
    use, result = ToolCall(id="a", name="look", arguments="{}"), ToolResult(call_id="a", parts=())
    turns = (HI, says("assistant", use), says("tool", result))
    asked = Thinking(effort="low")
    assert "thinking" not in body(*turns, model="claude-haiku-4-5", tools=(LOOK,), thinking=asked)
    assert body(*turns, tools=(LOOK,), thinking=asked)["thinking"]["type"] == "adaptive"


@pytest.mark.parametrize(
    ("fields", "sent", "dropped"),
    [
        ({"model": "claude-opus-5", "temperature": 0.2, "top_k": 3}, {}, ("temperature", "top_k")),
        ({"model": "claude-opus-5", "temperature": 1}, {}, ()),
        ({"model": "claude-sonnet-4-5", "temperature": 0.2, "top_p": 0.5}, {"temperature": 0.2}, ("top_p",)),
        ({"model": "claude-sonnet-4-0", "temperature": 0.2, "top_p": 0.5}, {"temperature": 0.2, "top_p": 0.5}, ()),
        ({"model": "claude-haiku-4-5", "temperature": 1.7}, {}, ("temperature",)),
        ({"model": "claude-haiku-4-5", "temperature": 0.2, "thinking": Thinking(effort="low")}, {}, ("temperature",)),
        ({"model": "claude-haiku-4-5", "top_p": 0.96, "thinking": Thinking(effort="low")}, {"top_p": 0.96}, ()),
    ],
)
def test_sampling_is_sent_as_far_as_the_model_takes_it(
    fields: dict[str, Any], sent: dict[str, float], dropped: tuple[str, ...]
) -> None:
    parts = send(**fields)
    written = json.loads(parts.content)
    assert {name: written[name] for name in ("temperature", "top_p", "top_k") if name in written} == sent
    assert parts.dropped == dropped


def test_knobs_anthropic_does_not_know_are_dropped_and_named() -> None:
    extra = {"logit_bias": {"1": 2}, "store": False, "logprobs": False, "verbosity": None, "prompt_cache_key": "k"}
    parts = send(seed=1, presence_penalty=0.5, frequency_penalty=0.1, n=1, stop=("\n", "END"), extra=extra)
    assert json.loads(parts.content).keys() == {"model", "max_tokens", "messages", "stop_sequences"}
    assert json.loads(parts.content)["stop_sequences"] == ["END"]
    named = {"seed", "presence_penalty", "frequency_penalty", "stop", "logit_bias", "store", "prompt_cache_key"}
    assert set(parts.dropped) == named


def test_anthropics_own_fields_pass_through_another_dialect() -> None:
    own = {
        "thinking": {"type": "enabled", "budget_tokens": 2000},
        "metadata": {"user_id": "u1", "trace": "x"},
        "context_management": {"edits": []},
        "service_tier": "default",
        "output_config": {"task_budget": {"total": 5}},
        "betas": ["b-1"],
    }
    parts = send(model="claude-haiku-4-5", extra=own, top_k=4)
    written = json.loads(parts.content)
    assert written["thinking"] == own["thinking"]
    assert written["metadata"] == {"user_id": "u1"}
    assert written["service_tier"] == "standard_only"
    assert written["output_config"] == own["output_config"]
    assert written["context_management"] == own["context_management"]
    assert parts.headers == (("anthropic-beta", "b-1"),)
    assert parts.dropped == ("top_k", "metadata")


def test_thinking_in_anthropics_or_a_likeness_of_its_words_is_fitted_to_the_model() -> None:
    enabled = {"type": "enabled", "budget_tokens": 2000, "display": "omitted"}
    assert body(model="claude-haiku-4-5", extra={"thinking": enabled})["thinking"] == enabled
    adaptive = body(model="claude-opus-5", extra={"thinking": enabled})
    assert adaptive["thinking"] == {"type": "adaptive", "display": "omitted"}
    assert adaptive["output_config"] == {"effort": "low"}
    zhipu = {"type": "enabled", "clear_thinking": False}
    assert body(model="claude-haiku-4-5", extra={"thinking": zhipu})["thinking"]["budget_tokens"] == 8192
    other = {"type": "between_tools"}
    assert body(extra={"thinking": other})["thinking"] == other


def test_allowed_tools_narrow_the_tools() -> None:
    allowed = {"mode": "auto", "tools": [{"type": "function", "function": {"name": "look"}}]}
    choice = {"type": "allowed_tools", "allowed_tools": allowed}
    parts = send(tools=(LOOK, Tool(name="other")), tool_choice=ToolChoice(mode="auto"), extra={"tool_choice": choice})
    assert [tool["name"] for tool in json.loads(parts.content)["tools"]] == ["look"]
    assert parts.dropped == ()


def test_a_user_is_told_unless_it_is_an_address() -> None:
    assert body(user="u-17")["metadata"] == {"user_id": "u-17"}
    assert send(user="ann@example.com").dropped == ("user",)


@pytest.mark.parametrize(
    ("fields", "feature"),
    [
        ({"n": 2}, "n > 1"),
        ({"extra": {"logprobs": True}}, "logprobs"),
        ({"extra": {"modalities": ["text", "audio"]}}, "audio output"),
        ({"extra": {"web_search_options": {"a": 1}}}, "web search"),
        ({"tools": (Opaque(wire="openai", value={"type": "custom"}),)}, "custom tools"),
    ],
)
def test_a_feature_anthropic_lacks_is_refused_by_name(fields: dict[str, Any], feature: str) -> None:
    with pytest.raises(UnsupportedFeature, match=feature):
        send(**fields)


@pytest.mark.parametrize(
    "part", [Audio(data="AAAA", format="wav"), Opaque(wire="openai", value={"type": "computer_call"})]
)
def test_content_anthropic_lacks_is_refused(part: Part) -> None:
    with pytest.raises(UnsupportedFeature):
        send(says("user", part))


TEXTS = st.text(alphabet="ab \n\t☃", max_size=6)
JSON_TEXT = st.sampled_from(["", "{}", '{"a":[1,null]}', "[]", "null", "broken{"])
SIMPLE: st.SearchStrategy[Part] = st.one_of(
    TEXTS.map(lambda text: Text(text=text)),
    st.just(Image(url="https://a.example/b.png")),
    st.just(Image(url="data:image/gif;base64,R0lGOD")),
    st.just(File(text="words", name="n")),
)
THOUGHT = st.builds(Reasoning, text=TEXTS, signature=st.none() | st.just("s"), encrypted=st.none() | st.just("e"))
CALLS = st.builds(ToolCall, id=st.text(max_size=4), name=st.just("look"), arguments=JSON_TEXT)
RESULTS = st.builds(
    ToolResult, call_id=st.text(max_size=4), parts=st.lists(SIMPLE, max_size=2).map(tuple), is_error=st.booleans()
)
MESSAGES = st.one_of(
    st.builds(
        Message, role=st.sampled_from(["system", "developer"]), parts=st.tuples(TEXTS.map(lambda t: Text(text=t)))
    ),
    st.builds(Message, role=st.just("user"), parts=st.lists(SIMPLE, max_size=3).map(tuple)),
    st.builds(
        Message,
        role=st.just("assistant"),
        parts=st.lists(TEXTS.map(lambda t: Text(text=t)) | THOUGHT | CALLS, max_size=3).map(tuple),
    ),
    st.builds(Message, role=st.just("tool"), parts=st.tuples(RESULTS)),
)
CALL = st.builds(
    Call,
    model=st.just("any"),
    messages=st.lists(MESSAGES, min_size=1, max_size=6).map(tuple),
    stream=st.booleans(),
    tools=st.sampled_from([(), (LOOK,), (Tool(name="bare", strict=True),)]),
    tool_choice=st.sampled_from([None, ToolChoice(mode="auto"), ToolChoice(mode="named", name="look")]),
    parallel_tool_calls=st.none() | st.booleans(),
    max_output=st.none() | st.integers(1, 5000),
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    stop=st.lists(TEXTS, max_size=2).map(tuple),
    thinking=st.none()
    | st.builds(
        Thinking,
        enabled=st.none() | st.booleans(),
        effort=st.none() | st.sampled_from(["none", "low", "high", "max"]),
        budget=st.none() | st.integers(0, 90_000),
    ),
    output_format=st.none() | st.just(OutputFormat(kind="json_object")),
    user=st.none() | st.just("u"),
)


def is_said(part: Part) -> bool:
    return not isinstance(part, Reasoning)


MODELS = st.sampled_from(
    ["claude-opus-5-5", "claude-sonnet-4-6", "claude-haiku-4-5", "claude-3-opus-20240229", "other"]
)


@settings(deadline=None)
@given(call=CALL, model=MODELS)
def test_whatever_an_app_asks_the_body_is_one_anthropic_takes(call: Call, model: str) -> None:
    try:
        written = json.loads(WIRE.write_request(call, Target(provider="a", model=model, vendor=VENDOR)).content)
    except UnsupportedFeature:
        assert not any(getattr(part, "text", "").strip() for m in call.messages for part in m.parts if is_said(part))
        return
    check(written)
    roles = [message["role"] for message in written["messages"]]
    assert roles == ["user" if index % 2 == 0 else "assistant" for index in range(len(roles))]
    for message in written["messages"]:
        assert message["content"]
        assert all(block["text"].strip() for block in message["content"] if block["type"] == "text")
    if written.get("thinking", {}).get("type") == "enabled":
        assert 1024 <= written["thinking"]["budget_tokens"] < written["max_tokens"]
        assert "temperature" not in written
