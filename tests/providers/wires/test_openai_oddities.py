"""What single vendors make of the dialect: errors in numbers, verdicts in a 200, repeated messages, strings only."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.canonical import Ended, Failed, Finish, Text, Usage
from providers.errors import (
    AccessDenied,
    ContentRefused,
    ContextTooLong,
    CredentialInvalid,
    ModelNotServed,
    QuotaExceeded,
    RateLimited,
    RequestRejected,
    UpstreamError,
    VendorFailed,
    VendorOverloaded,
    VendorTimeout,
)
from providers.wires.folding import fold_events
from tests.providers.wires.openai_cast import DONE, USAGE, WIRE, chunk, frame, stream, target, target_with


def read(slug: str, status: int, body: Any) -> UpstreamError:
    return WIRE.read_error(status, {}, json.dumps(body).encode(), target(slug))


def verdict(code: int, message: str = "…") -> dict[str, Any]:
    return {"id": "1", "choices": None, "base_resp": {"status_code": code, "status_msg": message}}


@pytest.mark.parametrize(
    "slug, status, body, error",
    [
        ("minimax", 200, verdict(1004), CredentialInvalid),
        ("minimax", 200, verdict(2049), CredentialInvalid),
        ("minimax", 200, verdict(1008), QuotaExceeded),
        ("minimax", 200, verdict(2056), QuotaExceeded),
        ("minimax", 200, verdict(1002), RateLimited),
        ("minimax", 429, verdict(1039), RateLimited),
        ("minimax", 200, verdict(1026), ContentRefused),
        ("minimax", 200, verdict(1013), VendorFailed),
        ("minimax", 200, verdict(1001), VendorTimeout),
        ("minimax", 400, verdict(2013, "invalid params"), RequestRejected),
        (
            "minimax",
            400,
            {"type": "error", "error": {"type": "bad_request_error", "message": "input new_sensitive (1026)"}},
            ContentRefused,
        ),
        (
            "minimax",
            200,
            {"type": "error", "error": {"type": "authorized_error", "message": "…(2049)", "http_code": "401"}},
            CredentialInvalid,
        ),
        (
            "stepfun",
            451,
            {"error": {"message": "The content is blocked.", "type": "censorship_blocked"}},
            ContentRefused,
        ),
        (
            "ernie",
            400,
            {"error": {"code": "image_url_unsafe", "type": "unsafe_request", "message": "…"}},
            ContentRefused,
        ),
        (
            "together",
            422,
            {"error": {"message": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193"}},
            ContextTooLong,
        ),
        ("zhipu", 401, {"error": {"code": "1000", "message": "身份验证失败。"}}, CredentialInvalid),
        ("zhipu", 429, {"error": {"code": "1113", "message": "您的账户已欠费，请充值后重试"}}, QuotaExceeded),
        ("zhipu", 429, {"error": {"code": "1302", "message": "您的账户已达到速率限制"}}, RateLimited),
        ("zhipu", 429, {"error": {"code": "1305", "message": "该模型当前访问量过大"}}, VendorOverloaded),
        ("zhipu", 400, {"error": {"code": "1211", "message": "模型不存在，请检查模型代码。"}}, ModelNotServed),
        ("zhipu", 400, {"error": {"code": "1261", "message": "Prompt 超长"}}, ContextTooLong),
        ("zhipu", 400, {"error": {"code": "1301", "message": "系统检测到输入"}}, ContentRefused),
        ("zhipu", 403, {"error": {"code": "1220", "message": "您无权访问"}}, AccessDenied),
        ("spark", 200, {"code": 11202, "message": "AppIdQpsOverFlowError", "sid": "c"}, RateLimited),
        ("spark", 200, {"code": 10907, "message": "token", "sid": "c"}, ContextTooLong),
        ("qwen", 429, {"error": {"code": "insufficient_quota", "message": "You exceeded your quota"}}, RateLimited),
        ("qwen", 400, {"error": {"code": "Arrearage", "message": "Access denied"}}, QuotaExceeded),
        ("qwen", 400, {"error": {"message": "Range of input length should be [1, 98304]"}}, ContextTooLong),
        ("ernie", 400, {"error": {"code": "tokens_too_long", "message": "Prompt tokens too long"}}, ContextTooLong),
        ("moonshot", 400, {"error": {"message": "Input token length too long"}}, ContextTooLong),
        ("moonshot", 400, {"error": {"message": "Your request exceeded model token limit : 8192"}}, ContextTooLong),
        ("moonshot", 404, {"error": {"message": "Not found the model kimi-x or Permission denied"}}, ModelNotServed),
        ("nvidia", 404, {"status": 404, "detail": "Function 'a1': Not found for account 'b2'"}, ModelNotServed),
        ("databricks", 404, {"error_code": "ENDPOINT_NOT_FOUND", "message": "The given endpoint does not exist"}, None),
        ("mistral", 429, {"object": "error", "message": "Service tier capacity exceeded for this model."}, None),
        ("voyage", 400, {"detail": "Model v9 is not supported. Supported models are ['voyage-4']."}, ModelNotServed),
        ("groq", 400, {"error": {"message": "`tool calling` is not supported with this model"}}, RequestRejected),
        ("xai", 403, {"code": "x", "error": "Your newly created team doesn't have any credits yet."}, QuotaExceeded),
        ("hunyuan", 402, {"error": {"message": "endpoint is inactive", "type": "permission_error"}}, QuotaExceeded),
    ],
)
def test_each_vendors_own_refusals_are_understood(
    slug: str, status: int, body: Any, error: type[UpstreamError] | None
) -> None:
    wanted = error or {"databricks": ModelNotServed, "mistral": VendorOverloaded}[slug]
    assert type(read(slug, status, body)) is wanted


def test_a_good_verdict_is_no_error() -> None:
    body = {"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]}
    fine = json.dumps({**body, "base_resp": {"status_code": 0, "status_msg": ""}}).encode()
    assert WIRE.read_reply(fine, target("minimax")).choices[0].parts == (Text(text="Hi"),)
    assert WIRE.tap_reply(fine, target("minimax")).error is None


def test_a_bad_verdict_in_a_200_is_heard_in_both_lanes() -> None:
    body = json.dumps({**verdict(1002), "usage": USAGE}).encode()
    assert isinstance(WIRE.tap_reply(body, target("minimax")).error, RateLimited)
    with pytest.raises(RateLimited):
        WIRE.read_reply(body, target("minimax"))


@pytest.mark.parametrize(
    "slug, last",
    [
        ("minimax", verdict(1027)),
        ("spark", {"code": 10014, "message": "sensitive", "sid": "c"}),
        ("spark", {**chunk({"content": ""}), "code": 10014, "message": "sensitive", "sid": "c"}),
    ],
)
def test_a_verdict_in_mid_stream_ends_it_in_both_lanes(slug: str, last: dict[str, Any]) -> None:
    data = [frame(chunk({"content": f"word {n} "}), end="\n") for n in range(12)] + [frame(last), DONE]
    tap = WIRE.stream_tap(target(slug), include_usage=False)
    forwarded = b"".join(tap.feed(one) for one in data)
    assert isinstance(tap.error, ContentRefused) and b"sensitive" not in forwarded and b"base_resp" not in forwarded
    events = WIRE.stream_reader(target(slug)).feed(b"".join(data))
    assert isinstance(events[-1], Failed) and isinstance(events[-1].error, ContentRefused)


WHOLE_AT_THE_END = (
    chunk({"role": "assistant", "content": "Hel"}),
    chunk({"content": "lo"}, finish="stop"),
    {
        **chunk(),
        "object": "chat.completion",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello"}}],
        "usage": USAGE,
    },
)


def test_a_message_told_whole_at_the_end_of_a_stream_is_not_told_twice() -> None:
    data = stream(*WHOLE_AT_THE_END)
    events = WIRE.stream_reader(target("minimax")).feed(data)
    assert isinstance(events[-1], Ended)
    reply = fold_events(events[:-1])
    assert reply.choices[0].parts == (Text(text="Hello"),)
    assert reply.usage == Usage(input=12, output=7)


def test_nor_does_the_pass_through_lane_repeat_it() -> None:
    tap = WIRE.stream_tap(target("minimax"), include_usage=True)
    forwarded = tap.feed(stream(*WHOLE_AT_THE_END)) + tap.end()
    last = json.loads(forwarded.split(b"\n\n")[2].removeprefix(b"data: "))
    assert last["object"] == "chat.completion.chunk" and last["usage"] == USAGE
    assert last["choices"] == [{"index": 0, "delta": {}, "finish_reason": "stop"}]
    assert tap.usage == Usage(input=12, output=7) and tap.finish is Finish.STOP


def test_usage_inside_a_choice_is_read_in_both_lanes() -> None:
    last = {**chunk(), "choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": USAGE}]}
    data = stream(chunk({"content": "Hi"}), last)
    tap = WIRE.stream_tap(target("moonshot"), include_usage=False)
    assert b'"usage"' in tap.feed(data)  # it stands beside the finish reason
    assert tap.usage == Usage(input=12, output=7)
    reply = fold_events(WIRE.stream_reader(target("moonshot")).feed(data)[:-1])
    assert reply.usage == Usage(input=12, output=7) and "usage" not in reply.choices[0].extra


PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
TEXTS = [{"type": "text", "text": "One."}, {"type": "text", "text": "Two.", "cache_control": {"type": "ephemeral"}}]


def test_texts_become_a_string_where_the_vendor_takes_no_list() -> None:
    body = {
        "model": "m",
        "messages": [
            {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
            {"role": "user", "content": TEXTS},
            {"role": "user", "content": [*TEXTS, PICTURE]},
        ],
    }
    odd = target_with(text_as_string=True)
    patched = WIRE.patch_request(body, odd)
    written = WIRE.write_request(WIRE.read_request(body), odd)
    for parts in (patched, written):
        contents = [message["content"] for message in json.loads(parts.content)["messages"]]
        assert contents == ["Be brief.", "One.\n\nTwo.", [*TEXTS, PICTURE]]
        assert parts.dropped == ("messages.content.cache_control",)
    assert body["messages"][1]["content"] is TEXTS  # type: ignore[index]


def test_a_list_stays_one_elsewhere() -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": TEXTS}]}
    assert json.loads(WIRE.patch_request(body, target_with()).content)["messages"][0]["content"] == TEXTS


def test_mistral_gets_its_thoughts_back_in_the_content() -> None:
    said = {"role": "assistant", "content": "Hello.", "reasoning_content": "A greeting."}
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}, said, {"role": "user", "content": "?"}]}
    written = WIRE.write_request(WIRE.read_request(body), target("mistral", "magistral-medium-latest"))
    assert json.loads(written.content)["messages"][1] == {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "A greeting."}]},
            {"type": "text", "text": "Hello."},
        ],
    }
