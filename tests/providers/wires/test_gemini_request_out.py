"""A call of another dialect becomes a request that Google's own client knows every field of."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.genai import types

from providers.canonical import Call, HttpParts, Message, Target, Text
from providers.errors import RequestRejected, UnsupportedFeature
from providers.vendors import vendor
from providers.wires import wire

WIRE, OPENAI, ANTHROPIC = wire("gemini"), wire("openai"), wire("anthropic")
USER = {"role": "user", "content": "Hi"}
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}


def target(model: str = "gemini-3.8-flash") -> Target:
    return Target(provider="google", model=model, vendor=vendor("google"))


def parts(model: str = "gemini-3.8-flash", **body: Any) -> HttpParts:
    call = OPENAI.read_request({"model": "m", "messages": [USER], **body})
    return WIRE.write_request(call, target(model))


def sent(model: str = "gemini-3.8-flash", **body: Any) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(parts(model, **body).content)
    known(written)
    return written


def known(body: dict[str, Any]) -> None:
    """Raises for a field that Google's client has no name for."""
    fields = {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings"}
    assert body.keys() <= fields | {"cachedContent", "labels"}
    for content in (*body["contents"], body.get("systemInstruction", {})):
        types.Content.model_validate(content)
    types.GenerationConfig.model_validate(body.get("generationConfig", {}))
    rest = {name: body[name] for name in ("tools", "toolConfig", "safetySettings", "labels") if name in body}
    types.GenerateContentConfig.model_validate(rest)


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("gemini-2.5-pro", "/models/gemini-2.5-pro:generateContent"),
        ("models/gemini-2.5-pro", "/models/gemini-2.5-pro:generateContent"),
        ("tunedModels/mine-1", "/tunedModels/mine-1:generateContent"),
        ("odd?x#y", "/models/odd%3Fx%23y:generateContent"),
    ],
)
def test_the_model_stands_in_the_address(model: str, path: str) -> None:
    assert parts(model).path == path
    assert "model" not in sent(model) and "stream" not in sent(model, stream=True)
    assert parts(model, stream=True).path == path.replace("generateContent", "streamGenerateContent?alt=sse")


def test_a_model_that_would_lead_elsewhere_is_refused() -> None:
    with pytest.raises(RequestRejected):
        parts("../files/x")


def test_knobs_have_googles_names() -> None:
    config = sent(
        max_tokens=64,
        temperature=0.5,
        top_p=0.9,
        top_k=40,
        stop=["END"],
        seed=7,
        n=2,
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logprobs=True,
        top_logprobs=3,
    )["generationConfig"]
    assert config == {
        "maxOutputTokens": 64,
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "stopSequences": ["END"],
        "seed": 7,
        "candidateCount": 2,
        "presencePenalty": 0.1,
        "frequencyPenalty": 0.2,
        "responseLogprobs": True,
        "logprobs": 3,
    }


def test_a_plain_question_is_nothing_but_itself() -> None:
    assert sent(n=1, top_k=0) == {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}


def test_system_messages_become_the_instruction() -> None:
    system = [{"role": "system", "content": "Be brief."}, {"role": "developer", "content": "Be kind."}]
    body = sent(messages=[system[0], USER, system[1]])
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}, {"text": "Be kind."}]}
    assert len(body["contents"]) == 1
    assert sent(messages=system[:1])["contents"] == [{"role": "user", "parts": [{"text": "Be brief."}]}]


def test_nothing_to_say_is_refused() -> None:
    with pytest.raises(UnsupportedFeature):
        parts(messages=[{"role": "user", "content": ""}])


CALLS = [
    {"id": "c1", "type": "function", "function": {"name": "look", "arguments": '{"at":"sky"}'}},
    {"id": "c2", "type": "function", "function": {"name": "wait", "arguments": ""}},
]


def conversation(*results: tuple[str, str]) -> list[dict[str, Any]]:
    answers = [{"role": "tool", "tool_call_id": call_id, "content": text} for call_id, text in results]
    return [USER, {"role": "assistant", "content": "Sure.", "tool_calls": CALLS}, *answers, USER]


def test_results_stand_in_one_content_in_the_order_of_the_calls_with_their_names() -> None:
    contents = sent(messages=conversation(("c2", "done"), ("c1", '{"sky":"blue"}')))["contents"]
    assert [content["role"] for content in contents] == ["user", "model", "user", "user"]
    assert contents[2]["parts"] == [
        {"functionResponse": {"name": "look", "response": {"sky": "blue"}, "id": "c1"}},
        {"functionResponse": {"name": "wait", "response": {"output": "done"}, "id": "c2"}},
    ]


def test_a_call_without_arguments_has_empty_ones() -> None:
    assert (
        sent(messages=conversation(("c1", "x"), ("c2", "y")))["contents"][1]["parts"][2]["functionCall"]["args"] == {}
    )


def test_a_history_without_signatures_says_so_to_models_that_want_them() -> None:
    first, second = sent(messages=conversation(("c1", "x"), ("c2", "y")))["contents"][1]["parts"][1:]
    assert first["thoughtSignature"] == "skip_thought_signature_validator" and "thoughtSignature" not in second
    older = sent("gemini-2.5-flash", messages=conversation(("c1", "x"), ("c2", "y")))
    assert "thoughtSignature" not in json.dumps(older)


def test_a_result_that_answers_no_call_is_rejected() -> None:
    with pytest.raises(RequestRejected, match="c9"):
        parts(messages=conversation(("c9", "x")))


def test_an_anthropic_turn_of_results_and_text_is_two() -> None:
    body = {
        "model": "m",
        "max_tokens": 9,
        "messages": [
            {"role": "user", "content": "?"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "look", "input": {}}]},
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "t1", "content": "no", "is_error": True},
                    {"type": "text", "text": "Go on.", "cache_control": {"type": "ephemeral"}},
                ],
            },
        ],
    }
    written = WIRE.write_request(ANTHROPIC.read_request(body), target())
    contents = json.loads(written.content)["contents"]
    assert contents[2]["parts"][0]["functionResponse"]["response"] == {"error": "no"}
    assert contents[3] == {"role": "user", "parts": [{"text": "Go on."}]}
    assert written.dropped == ("messages.cache_control",)


PNG = "iVBORw0KGgoAAAA"


def test_pictures_sound_and_documents() -> None:
    content = [
        {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{PNG}"}},
        {"type": "image_url", "image_url": {"url": "https://a.example/cat.webp?x=1"}},
        {"type": "image_url", "image_url": {"url": "https://a.example/cat"}},
        {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "wav"}},
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0x", "filename": "a.pdf"}},
        {"type": "file", "file": {"file_id": "files/abc"}},
        {"type": "file", "file": {"file_id": "gs://bucket/a.csv"}},
    ]
    written = sent(messages=[{"role": "user", "content": content}])["contents"][0]["parts"]
    assert written == [
        {"inlineData": {"mimeType": "image/png", "data": PNG}},
        {"fileData": {"fileUri": "https://a.example/cat.webp?x=1", "mimeType": "image/webp"}},
        {"fileData": {"fileUri": "https://a.example/cat", "mimeType": "image/jpeg"}},
        {"inlineData": {"mimeType": "audio/wav", "data": "aGk="}},
        {"inlineData": {"mimeType": "application/pdf", "data": "JVBERi0x"}},
        {"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/abc"}},
        {"fileData": {"fileUri": "gs://bucket/a.csv", "mimeType": "text/csv"}},
    ]


def test_a_file_of_another_vendor_is_refused() -> None:
    with pytest.raises(UnsupportedFeature, match="file-1"):
        parts(messages=[{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}])


def test_tools_keep_their_schema_whole() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}},
        "$defs": {"A": {"type": ["string", "null"]}},
    }
    function = {"name": "look", "description": "Looks.", "parameters": schema, "strict": True}
    written = parts(tools=[{"type": "function", "function": function}])
    declared = {"name": "look", "description": "Looks.", "parametersJsonSchema": schema}
    assert json.loads(written.content)["tools"] == [{"functionDeclarations": [declared]}]
    assert written.dropped == ("tools.strict",)


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        ({"type": "function", "function": {"name": "look"}}, {"mode": "ANY", "allowedFunctionNames": ["look"]}),
    ],
)
def test_the_choice_of_a_tool(choice: Any, config: dict[str, Any]) -> None:
    assert sent(tools=[TOOL], tool_choice=choice)["toolConfig"] == {"functionCallingConfig": config}


def test_allowed_tools_narrow_the_list() -> None:
    other = {"type": "function", "function": {"name": "wait"}}
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "wait"}}]}
    body = sent(tools=[TOOL, other], tool_choice={"type": "allowed_tools", "allowed_tools": allowed})
    assert body["tools"] == [{"functionDeclarations": [{"name": "wait"}]}]
    assert body["toolConfig"]["functionCallingConfig"]["mode"] == "ANY"


def test_the_format_of_the_answer() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}
    asked = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    config = sent(response_format=asked)["generationConfig"]
    assert config == {"responseMimeType": "application/json", "responseJsonSchema": schema}
    config = sent(response_format={"type": "json_object"})["generationConfig"]
    assert config == {"responseMimeType": "application/json"}
    assert "generationConfig" not in sent(response_format={"type": "text"})


@pytest.mark.parametrize(
    ("model", "effort", "config"),
    [
        ("gemini-3.8-flash", "minimal", {"includeThoughts": True, "thinkingLevel": "minimal"}),
        ("gemini-3.1-pro-preview", "minimal", {"includeThoughts": True, "thinkingLevel": "low"}),
        ("gemini-3-pro-preview", "medium", {"includeThoughts": True, "thinkingLevel": "high"}),
        ("gemini-3.8-flash", "xhigh", {"includeThoughts": True, "thinkingLevel": "high"}),
        ("gemini-flash-latest", "low", {"includeThoughts": True, "thinkingLevel": "low"}),
        ("gemini-3.1-pro-preview", "none", {"thinkingLevel": "low"}),
        ("gemini-2.5-flash", "none", {"thinkingBudget": 0}),
        ("gemini-2.5-pro", "none", {"thinkingBudget": 128}),
        ("gemini-2.5-pro", "high", {"includeThoughts": True, "thinkingBudget": 24_576}),
        ("models/gemini-2.5-flash-lite", "low", {"includeThoughts": True, "thinkingBudget": 1024}),
        ("gemini-2.5-flash", "max", {"includeThoughts": True, "thinkingBudget": 24_576}),
    ],
)
def test_effort_in_the_words_of_each_generation(model: str, effort: str, config: dict[str, Any]) -> None:
    assert sent(model, reasoning_effort=effort)["generationConfig"]["thinkingConfig"] == config


@pytest.mark.parametrize("model", ["gemini-2.0-flash", "gemma-3-27b-it", "gemini-2.5-flash-image"])
def test_a_model_that_does_not_think_drops_the_effort(model: str) -> None:
    written = parts(model, reasoning_effort="high")
    assert written.dropped == ("reasoning_effort",) and b"thinkingConfig" not in written.content


def test_googles_own_fields_pass_in_its_own_spelling_of_extra_body() -> None:
    safety = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
    google = {"thinking_config": {"thinkingBudget": 5}, "cached_content": "cachedContents/1"}
    body = sent(extra_body={"google": google}, safety_settings=safety, reasoning_effort="high")
    assert body["cachedContent"] == "cachedContents/1" and body["safetySettings"] == safety
    assert body["generationConfig"]["thinkingConfig"] == {"thinkingBudget": 5}


def test_what_google_does_not_know_is_named() -> None:
    written = parts(user="u", logit_bias={"1": 2}, parallel_tool_calls=False, metadata={"a": "b"}, store=True)
    assert written.dropped == ("logit_bias", "metadata", "parallel_tool_calls", "store", "user")


@pytest.mark.parametrize(
    "body",
    [
        {"modalities": ["text", "audio"], "audio": {"voice": "x", "format": "wav"}},
        {"tools": [{"type": "custom", "custom": {"name": "x"}}]},
        {"response_format": {"type": "grammar", "grammar": "x"}},
    ],
)
def test_what_google_cannot_do_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedFeature):
        parts(**body)


def test_pictures_can_be_asked_for_and_the_web_be_searched() -> None:
    body = sent(modalities=["text", "image"], web_search_options={})
    assert body["generationConfig"]["responseModalities"] == ["TEXT", "IMAGE"]
    assert body["tools"] == [{"googleSearch": {}}]


def test_pass_through_changes_nothing_but_the_address() -> None:
    body = {"model": "x", "stream": True, "contents": [{"parts": [{"text": "Hi"}]}], "unknown": 1}
    patched = WIRE.patch_request(body, target("gemini-2.5-pro"))
    assert patched.path == "/models/gemini-2.5-pro:streamGenerateContent?alt=sse"
    assert json.loads(patched.content) == {"contents": [{"parts": [{"text": "Hi"}]}], "unknown": 1}
    assert body["model"] == "x"


def test_a_turn_of_the_model_may_come_in_pieces() -> None:
    said = [Message(role="assistant", parts=(Text(text=word),)) for word in ("a", "b")]
    written = WIRE.write_request(Call(model="m", messages=tuple(said)), target())
    assert json.loads(written.content)["contents"] == [{"role": "model", "parts": [{"text": "a"}, {"text": "b"}]}]
