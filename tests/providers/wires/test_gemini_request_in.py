"""A Gemini app's request, in either spelling Google takes, is read, and goes out as it came."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.canonical import Audio, File, Image, Opaque, Reasoning, Target, Text, ToolCall, ToolResult
from providers.errors import RequestRejected, UnsupportedFeature
from providers.vendors import vendor
from providers.wires import wire

WIRE, OPENAI = wire("gemini"), wire("openai")
TARGET = Target(provider="google", model="gemini-2.5-pro", vendor=vendor("google"))
BODY: dict[str, Any] = {
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "contents": [
        {"role": "user", "parts": [{"text": "Look."}, {"inlineData": {"mimeType": "image/png", "data": "aGk="}}]},
        {
            "role": "model",
            "parts": [
                {"text": "Hm.", "thought": True, "thoughtSignature": "YQ=="},
                {"functionCall": {"name": "look", "args": {"at": "sky"}}, "thoughtSignature": "c2ln"},
                {"functionCall": {"name": "look", "args": {"at": "sea"}}},
                {"executableCode": {"language": "PYTHON", "code": "1"}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "look", "response": {"result": "blue"}}},
                {"functionResponse": {"name": "look", "response": {"error": "dark"}, "willContinue": False}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"inlineData": {"mimeType": "audio/wav", "data": "aGk="}},
                {"fileData": {"fileUri": "gs://b/a.pdf", "mimeType": "application/pdf"}},
                {"fileData": {"fileUri": "https://y.example/v"}, "videoMetadata": {"fps": 2}},
            ],
        },
    ],
    "tools": [
        {
            "functionDeclarations": [
                {
                    "name": "look",
                    "description": "Looks.",
                    "parameters": {
                        "type": "OBJECT",
                        "properties": {"at": {"type": "STRING", "nullable": True}},
                        "propertyOrdering": ["at"],
                    },
                },
                {"name": "wait", "parametersJsonSchema": {"type": "object"}},
            ]
        },
        {"googleSearch": {}},
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["look"]}},
    "generationConfig": {
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "candidateCount": 1,
        "maxOutputTokens": 64,
        "stopSequences": ["END"],
        "seed": 7,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "responseMimeType": "application/json",
        "responseSchema": {"type": "OBJECT", "properties": {"a": {"type": "INTEGER"}}},
        "thinkingConfig": {"thinkingLevel": "LOW", "includeThoughts": True},
        "responseModalities": ["TEXT"],
    },
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}],
}


def test_a_request_is_read() -> None:
    call = WIRE.read_request({**BODY, "model": "m", "stream": True})
    system, first, turn, results, media = call.messages
    assert system.role == "system" and system.parts == (Text(text="Be brief."),)
    assert first.parts[1] == Image(data="aGk=", media_type="image/png")
    thought, sky, sea, code = turn.parts
    assert thought == Reasoning(text="Hm.", signature="YQ==")
    assert isinstance(sky, ToolCall) and isinstance(sea, ToolCall) and sky.id != sea.id
    assert sky.extra == {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    assert code == Opaque(wire="gemini", value=BODY["contents"][1]["parts"][3])
    blue, dark = results.parts
    assert results.role == "tool" and isinstance(blue, ToolResult) and isinstance(dark, ToolResult)
    assert (blue.call_id, blue.parts, blue.is_error) == (sky.id, (Text(text="blue"),), False)
    assert (dark.call_id, dark.parts, dark.is_error) == (sea.id, (Text(text="dark"),), True)
    assert media.parts[0] == Audio(data="aGk=", format="wav")
    assert media.parts[1] == File(url="gs://b/a.pdf", media_type="application/pdf")
    assert (call.model, call.stream, call.max_output, call.seed, call.n) == ("m", True, 64, 7, 1)
    assert call.thinking is not None and (call.thinking.effort, call.thinking.enabled) == ("low", True)
    assert call.tool_choice is not None and (call.tool_choice.mode, call.tool_choice.name) == ("named", "look")


def test_googles_schemas_become_json_schema() -> None:
    look, wait, search = WIRE.read_request(BODY).tools
    assert not isinstance(look, Opaque) and not isinstance(wait, Opaque) and isinstance(search, Opaque)
    assert look.parameters == {"type": "object", "properties": {"at": {"type": ["string", "null"]}}}
    assert wait.parameters == {"type": "object"} and search.value == {"googleSearch": {}}
    asked = WIRE.read_request(BODY).output_format
    assert asked is not None and asked.schema == {"type": "object", "properties": {"a": {"type": "integer"}}}


def test_a_request_goes_out_as_it_came() -> None:
    written = WIRE.write_request(WIRE.read_request(BODY), TARGET)
    assert json.loads(written.content) == BODY and written.dropped == ()


def test_the_other_spelling_means_the_same() -> None:
    assert WIRE.read_request(snake(BODY)) == WIRE.read_request(BODY)


def snake(value: Any, *, inside: bool = True) -> Any:
    """``value`` in snake_case, but for what is the app's own."""
    if isinstance(value, list):
        return [snake(item, inside=inside) for item in value]
    if not isinstance(value, dict) or not inside:
        return value
    own = {"args", "response", "parameters", "parametersJsonSchema", "responseSchema", "googleSearch", "executableCode"}
    own |= {"videoMetadata", "safetySettings"}
    spelled = {key: "".join(f"_{c.lower()}" if c.isupper() else c for c in key) for key in value}
    return {spelled[key]: snake(item, inside=key not in own) for key, item in value.items()}


def test_a_gemini_app_reaches_an_openai_vendor() -> None:
    body = {**BODY, "contents": BODY["contents"][:1], "tools": BODY["tools"][:1]}
    openai = Target(provider="openai", model="gpt-5.5", vendor=vendor("openai"))
    sent = json.loads(OPENAI.write_request(WIRE.read_request(body), openai).content)
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "look"}}
    assert sent["reasoning_effort"] == "low" and sent["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"contents": None}, "contents"),
        ({"contents": []}, "contents"),
        ({"contents": "Hi"}, "contents"),
        ({"contents": [7]}, "contents[0]"),
        ({"contents": [{"role": "king", "parts": []}]}, "contents[0].role"),
        ({"contents": [{"parts": [{"text": 7}]}]}, "contents[0].parts[0].text"),
        ({"contents": [{"parts": [{}]}]}, "contents[0].parts[0]"),
        ({"contents": [{"parts": [{"inlineData": {"data": "x"}}]}]}, "contents[0].parts[0].inlineData.mimeType"),
        ({"contents": [{"parts": [{"functionCall": {}}]}]}, "contents[0].parts[0].functionCall.name"),
        ({"tools": 5}, "tools"),
        ({"toolConfig": {"functionCallingConfig": {"mode": "MAYBE"}}}, "toolConfig.functionCallingConfig.mode"),
        ({"generationConfig": {"topK": "x"}}, "generationConfig.topK"),
        ({"generationConfig": []}, "generationConfig"),
        ({"generationConfig": {"stopSequences": [1]}}, "generationConfig.stopSequences[0]"),
        ({"systemInstruction": "Hi"}, "systemInstruction"),
    ],
)
def test_a_malformed_field_is_named(change: dict[str, Any], param: str) -> None:
    with pytest.raises(RequestRejected) as caught:
        WIRE.read_request({**BODY, **change})
    assert caught.value.param == param


NAMES = (
    *("contents", "parts", "role", "text", "thought", "functionCall", "functionResponse", "name", "args", "response"),
    *("id", "inlineData", "mimeType", "data", "fileData", "fileUri", "tools", "functionDeclarations", "parameters"),
    *("toolConfig", "functionCallingConfig", "mode", "generationConfig", "thinkingConfig", "thinkingBudget"),
    *("responseSchema", "responseMimeType", "stopSequences", "systemInstruction", "type", "properties"),
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["user", "model", "ANY", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=25,
)


@given(field=st.sampled_from(sorted(BODY)), value=JSON, part=JSON)
def test_any_body_at_all_is_written_or_refused(field: str, value: Any, part: Any) -> None:
    for body in ({**BODY, field: value}, {**BODY, "contents": [{"parts": [part]}]}):
        try:
            WIRE.write_request(WIRE.read_request(body), TARGET)
        except (RequestRejected, UnsupportedFeature):
            pass
