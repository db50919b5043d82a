"""Calls → Converse requests, each held against AWS's own service model."""

from __future__ import annotations

import base64
import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.canonical import (
    Audio,
    Call,
    File,
    Image,
    Message,
    Opaque,
    OutputFormat,
    Reasoning,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from providers.errors import RequestRejected, UnsupportedFeature
from providers.wires.bedrock_converse.blocks_in import read_redacted, write_redacted
from tests.providers.wires.bedrock_cast import CLAUDE, NOVA, WIRE, call, said, target, user, written

PNG = "iVBORw0KGgoAAAANSUhEUg=="
PDF = "JVBERi0xLjQK"
WEATHER = Tool(name="get_weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})
ASKED = Message(role="assistant", parts=(ToolCall(id="call_1", name="get_weather", arguments='{"city":"Paris"}'),))
TOLD = Message(role="tool", parts=(ToolResult(call_id="call_1", parts=(Text(text="Rain."),)),))


def content(body: dict[str, Any], at: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body["messages"][at]["content"]
    return found


def dropped(asked: Call, model: str = CLAUDE) -> tuple[str, ...]:
    return WIRE.write_request(asked, target(model)).dropped


def test_a_question_with_its_limits() -> None:
    system = Message(role="system", parts=(Text(text="Be brief."),))
    body = written(call(system, user("Hi."), max_output=9, temperature=0.5, stop=("END",)))
    assert body == {
        "system": [{"text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"text": "Hi."}]}],
        "inferenceConfig": {"maxTokens": 9, "temperature": 0.5, "stopSequences": ["END"]},
    }


@pytest.mark.parametrize(
    ("model", "path"),
    [
        (CLAUDE, f"/model/{CLAUDE}/converse"),
        ("arn:aws:bedrock:eu:1:inference-profile/x", "/model/arn:aws:bedrock:eu:1:inference-profile%2Fx/converse"),
    ],
)
def test_the_model_stands_in_the_address(model: str, path: str) -> None:
    assert WIRE.write_request(call(), target(model)).path == path
    assert WIRE.write_request(call(stream=True), target(model)).path == path + "-stream"


def test_turns_of_one_role_are_joined() -> None:
    body = written(call(user("One."), user("Two."), ASKED, TOLD, user("Three."), tools=(WEATHER,)))
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user"]
    assert content(body, 2)[0]["toolResult"]["toolUseId"] == "call_1"
    assert content(body, 2)[1] == {"text": "Three."}


def test_a_foreign_call_id_becomes_the_same_legal_one_in_call_and_result() -> None:
    long = "call|" + "x" * 90
    asked = Message(role="assistant", parts=(ToolCall(id=long, name="f", arguments="{}"),))
    told = Message(role="tool", parts=(ToolResult(call_id=long, parts=()),))
    body = written(call(user("Hi."), asked, told, tools=(Tool(name="f"),)))
    assert content(body, 1)[0]["toolUse"]["toolUseId"] == content(body, 2)[0]["toolResult"]["toolUseId"]


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (ToolChoice(mode="auto"), {"auto": {}}),
        (ToolChoice(mode="required"), {"any": {}}),
        (ToolChoice(mode="named", name="get_weather"), {"tool": {"name": "get_weather"}}),
    ],
)
def test_the_choice_among_tools(choice: ToolChoice, words: dict[str, Any]) -> None:
    assert written(call(tools=(WEATHER,), tool_choice=choice))["toolConfig"]["toolChoice"] == words


def test_tools_that_must_not_be_called_are_left_out() -> None:
    assert "toolConfig" not in written(call(tools=(WEATHER,), tool_choice=ToolChoice(mode="none")))


def test_tools_that_must_not_be_called_again_cannot_be_said() -> None:
    asked = call(user("Hi."), ASKED, TOLD, tools=(WEATHER,), tool_choice=ToolChoice(mode="none"))
    with pytest.raises(UnsupportedFeature, match="tool_choice none"):
        written(asked)


def test_tools_of_the_conversation_are_declared_where_the_app_does_not() -> None:
    names = [one["toolSpec"]["name"] for one in written(call(user("Hi."), ASKED, TOLD))["toolConfig"]["tools"]]
    assert names == ["get_weather"]


def test_pictures_documents_and_sounds() -> None:
    body = written(
        call(
            user(
                Image(url=f"data:image/jpeg;base64,{PNG}"),
                Image(url="s3://pictures/cat.webp"),
                File(data=PDF, name="Q3 report_final.pdf"),
                File(data=PDF, media_type="application/pdf", name="Q3 report/final.pdf"),
                File(text="a,b", media_type="text/csv"),
                File(data="AAAA", media_type="video/mp4"),
                Audio(data="AAAA", format="wav"),
            )
        )
    )
    blocks = content(body)
    assert blocks[0] == {"image": {"format": "png", "source": {"bytes": PNG}}}
    assert blocks[1] == {"image": {"format": "webp", "source": {"s3Location": {"uri": "s3://pictures/cat.webp"}}}}
    assert [one["document"]["name"] for one in blocks[2:5]] == ["Q3 report final", "Q3 report final 2", "document"]
    assert [one["document"]["format"] for one in blocks[2:5]] == ["pdf", "pdf", "csv"]
    assert blocks[5]["video"]["format"] == "mp4"
    assert blocks[6]["audio"]["format"] == "wav"
    assert blocks[7] == {"text": "."}  # a document wants words beside it


@pytest.mark.parametrize(
    "part",
    [
        Image(url="https://example.com/cat.png"),
        Image(data="AAAA", media_type="image/tiff"),
        File(url="https://example.com/a.pdf"),
        File(file_id="file-1"),
        File(data="AAAA", media_type="application/zip"),
        Audio(data="AAAA", format="midi"),
        Opaque(wire="anthropic", value={"type": "server_tool_use"}),
    ],
)
def test_what_bedrock_cannot_take_is_refused(part: Any) -> None:
    with pytest.raises(UnsupportedFeature, match="not supported by Amazon Bedrock"):
        written(call(user("Look:", part)))


def test_a_data_uri_must_be_base64() -> None:
    with pytest.raises(RequestRejected):
        written(call(user(Image(url="data:image/png,abc"))))


def test_cache_marks_become_cache_points() -> None:
    marked = Text(text="Long.", extra={"cache_control": {"type": "ephemeral", "ttl": "1h"}})
    tool = Tool(name="f", extra={"cache_control": {"type": "ephemeral"}})
    body = written(call(user(marked, "Short."), tools=(tool,)))
    assert content(body) == [{"text": "Long."}, {"cachePoint": {"type": "default", "ttl": "1h"}}, {"text": "Short."}]
    assert body["toolConfig"]["tools"][1] == {"cachePoint": {"type": "default"}}


def test_claudes_thought_goes_back_and_anybody_elses_does_not() -> None:
    thoughts = (
        Reasoning(text="Hm.", signature="c2ln"),
        Reasoning(encrypted="RXU4"),
        Reasoning(text="Unsigned."),
        Text(text="Yes."),
    )
    asked = call(user("Hi."), Message(role="assistant", parts=thoughts), user("Go on."))
    assert content(written(asked), 1) == [
        {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "c2ln"}}},
        {"reasoningContent": {"redactedContent": base64.b64encode(b"RXU4").decode()}},
        {"text": "Yes."},
    ]
    assert "messages.reasoning" in dropped(asked)
    assert content(written(asked, NOVA), 1) == [{"text": "Yes."}]


@given(st.binary(max_size=40))
def test_what_is_redacted_comes_back_to_the_byte(data: bytes) -> None:
    blob = base64.b64encode(data).decode()
    assert write_redacted(read_redacted(blob)) == blob


@pytest.mark.parametrize(
    ("model", "thinking", "fields"),
    [
        (CLAUDE, Thinking(enabled=True, budget=2000), {"thinking": {"type": "enabled", "budget_tokens": 2000}}),
        (
            "us.anthropic.claude-sonnet-4-6",
            Thinking(effort="high"),
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}},
        ),
        ("openai.gpt-oss-120b-1:0", Thinking(effort="high"), {"reasoning_effort": "high"}),
        ("qwen.qwen3-32b-v1:0", Thinking(effort="minimal"), {"reasoning_config": "low"}),
        (NOVA, Thinking(effort="low"), {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}}),
        (NOVA, Thinking(enabled=False), {"reasoningConfig": {"type": "disabled"}}),
        ("anthropic.claude-opus-5-5", Thinking(effort="none"), {"thinking": {"type": "disabled"}}),
    ],
)
def test_each_family_is_told_to_think_in_its_own_words(model: str, thinking: Thinking, fields: dict[str, Any]) -> None:
    assert written(call(thinking=thinking), model)["additionalModelRequestFields"] == fields


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (CLAUDE, {"top_k": 5}),
        (NOVA, {"inferenceConfig": {"topK": 5}}),
        ("mistral.mistral-large-2402-v1:0", {"top_k": 5}),
    ],
)
def test_top_k_is_each_familys_own_field(model: str, fields: dict[str, Any]) -> None:
    assert written(call(top_k=5), model)["additionalModelRequestFields"] == fields


def test_knobs_bedrock_does_not_know_are_named() -> None:
    asked = call(seed=1, user="u", presence_penalty=0.1, temperature=1.5, extra={"logit_bias": {"1": 2}})
    assert set(dropped(asked, NOVA)) == {"seed", "user", "presence_penalty", "temperature", "logit_bias"}


def test_one_tool_at_a_time_cannot_be_asked_of_bedrock() -> None:
    assert dropped(call(tools=(WEATHER,), parallel_tool_calls=False)) == ("parallel_tool_calls",)
    assert dropped(call(tools=(WEATHER,), parallel_tool_calls=True)) == ()


def test_nova_gives_up_sampling_for_its_highest_effort_and_never_an_apps_limit() -> None:
    hard = Thinking(effort="high")
    assert dropped(call(thinking=hard, temperature=0.5), NOVA) == ("temperature",)
    limited = written(call(thinking=hard, temperature=0.5, max_output=9), NOVA)
    assert limited["additionalModelRequestFields"]["reasoningConfig"]["maxReasoningEffort"] == "medium"
    assert limited["inferenceConfig"] == {"maxTokens": 9, "temperature": 0.5}


@pytest.mark.parametrize("extra", [{"logprobs": True}, {"mcp_servers": [{}]}, {"modalities": ["audio"]}])
def test_features_bedrock_does_not_have_are_refused(extra: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFeature):
        written(call(extra=extra))


def test_bedrocks_own_fields_pass_from_any_dialect() -> None:
    own = {
        "guardrailConfig": {"guardrailIdentifier": "abc1", "guardrailVersion": "1"},
        "performanceConfig": {"latency": "optimized"},
        "requestMetadata": {"team": "one"},
        "service_tier": "flex",
    }
    body = written(call(extra=own))
    assert body["serviceTier"] == {"type": "flex"}
    assert {name: body[name] for name in own if name in body} == {
        name: value for name, value in own.items() if name != "service_tier"
    }


def test_the_providers_guardrail_goes_with_every_call() -> None:
    guarded = {"guardrailIdentifier": "abc1", "guardrailVersion": "DRAFT"}
    assert written(call(), guardrail_id="abc1")["guardrailConfig"] == guarded
    body = said(WIRE.patch_request({"messages": [], "modelId": "m"}, target(guardrail_id="abc1")))
    assert body == {"messages": [], "guardrailConfig": guarded}


def test_a_schema_goes_as_text_and_free_json_as_a_request() -> None:
    asked = OutputFormat(kind="json_schema", name="answer", schema={"type": "object", "properties": {}})
    told = written(call(output_format=asked))["outputConfig"]["textFormat"]["structure"]["jsonSchema"]
    assert (told["name"], json.loads(told["schema"])["additionalProperties"]) == ("answer", False)
    free = call(output_format=OutputFormat(kind="json_object"))
    assert "JSON" in written(free)["system"][0]["text"]
    assert dropped(free) == ("response_format",)


def test_a_conversation_begins_with_the_user_and_ends_without_white_space() -> None:
    body = written(call(Message(role="assistant", parts=(Text(text="Well, "),))))
    assert body["messages"] == [
        {"role": "user", "content": [{"text": "."}]},
        {"role": "assistant", "content": [{"text": "Well,"}]},
    ]


NATIVE: dict[str, Any] = {
    "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"text": "Look."},
                {"image": {"format": "jpeg", "source": {"bytes": PNG}}},
                {
                    "document": {
                        "format": "txt",
                        "name": "facts",
                        "source": {"text": "x"},
                        "citations": {"enabled": True},
                    }
                },
                {"document": {"name": "blocks", "source": {"content": [{"text": "y"}]}}},
                {"video": {"format": "three_gp", "source": {"s3Location": {"uri": "s3://abc/v", "bucketOwner": "1"}}}},
                {"guardContent": {"text": {"text": "z", "qualifiers": ["query"]}}},
                {"cachePoint": {"type": "default", "ttl": "1h"}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "s"}}},
                {"reasoningContent": {"redactedContent": "/w=="}},
                {"citationsContent": {"content": [{"text": "q"}], "citations": [{"title": "t"}]}},
                {"toolUse": {"toolUseId": "t 1", "name": "f", "input": {"a": 1}}},
                {"toolUse": {"toolUseId": "s", "name": "nova_grounding", "input": {}, "type": "server_tool_use"}},
                {"toolResult": {"toolUseId": "s", "content": [{"text": "r"}], "type": "nova_grounding_result"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "t 1", "content": [{"json": {"a": [1]}}], "status": "error"}},
            ],
        },
    ],
    "inferenceConfig": {"maxTokens": 5, "temperature": 0.5, "topP": 0.5, "stopSequences": ["x"]},
    "toolConfig": {
        "tools": [
            {"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": {}}, "strict": True}},
            {"cachePoint": {"type": "default"}},
            {"systemTool": {"name": "nova_grounding"}},
        ],
        "toolChoice": {"tool": {"name": "f"}},
    },
    "outputConfig": {
        "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": "{}", "name": "n"}}},
        "effort": "low",
    },
    "additionalModelRequestFields": {"thinking": {"type": "adaptive"}, "top_k": 4},
    "additionalModelResponseFieldPaths": ["/a"],
    "serviceTier": {"type": "flex"},
    "somethingNew": {"kept": True},
}


def test_a_converse_request_read_and_written_again_is_the_same() -> None:
    asked = WIRE.read_request({**NATIVE, "modelId": CLAUDE, "stream": True})
    assert (asked.model, asked.stream, asked.top_k) == (CLAUDE, True, 4)
    assert json.loads(WIRE.write_request(asked, target()).content) == NATIVE


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deep for key, one in inner for deep in _places(one, (*path, key)))]


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    if isinstance(value, dict):
        return {key: _replaced(one, path[1:], new) if key == path[0] else one for key, one in value.items()}
    return [_replaced(one, path[1:], new) if key == path[0] else one for key, one in enumerate(value)]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(_places(NATIVE)), st.sampled_from([None, 7, -1.5, "text", [], {}, [[]], [{}], True, {"a": []}]))
def test_whatever_stands_in_whatever_place_is_read_or_refused_by_name(path: tuple[Any, ...], new: Any) -> None:
    with contextlib.suppress(RequestRejected, UnsupportedFeature):
        WIRE.write_request(WIRE.read_request(_replaced(NATIVE, path, new)), target())
