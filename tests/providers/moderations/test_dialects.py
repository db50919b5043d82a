"""What each dialect of moderation asks, and how what comes back is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.canonical import Target
from providers.errors import RateLimited, UnsupportedFeature, VendorGarbled
from providers.moderations import Item, ModerationCall, ModerationReply, dialect
from providers.moderations.categories import OPENAI
from providers.vendors import Vendor, all_vendors
from providers.vendors.base import Quirks
from tests.providers.embeddings.cast import target

ALL = ["bedrock", "mistral", "openai", "tei", "zhipu"]
IMAGE = "https://img.test/one.png"
TEXTS = (Item(texts=("one",)), Item(texts=("two",)))
PICTURE = (Item(texts=("look",), images=(IMAGE,)),)
TALK = (Item(texts=("Hi", "Go away"), messages=(("user", "Hi"), ("assistant", "Go away"))),)


def call(items: tuple[Item, ...] = TEXTS, **more: Any) -> ModerationCall:
    return ModerationCall(**{"model": "m1", "items": items, **more})


def asked(name: str, given: ModerationCall, at: Target) -> list[tuple[str, dict[str, Any], tuple[str, ...]]]:
    parts = dialect(name).write_requests(given, at)
    return [(one.path, json.loads(one.content), one.dropped) for one in parts]


def read(name: str, *bodies: Any, items: tuple[Item, ...] = TEXTS, at: Target | None = None) -> ModerationReply:
    whole = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in bodies]
    return dialect(name).read_replies(whole, call(items), at or target())


def openai_row(**more: Any) -> dict[str, Any]:
    return {"flagged": True, "categories": {"hate": True}, "category_scores": {"hate": 0.9}, **more}


@pytest.mark.parametrize("name", ALL)
def test_dialects_are_found_by_their_name(name: str) -> None:
    assert dialect(name).name == name


@pytest.mark.parametrize("name", ["nobody", "reading", "base"])
def test_what_is_no_dialect_is_not_found(name: str) -> None:
    with pytest.raises(KeyError):
        dialect(name)


@pytest.mark.parametrize(
    ("name", "items", "written"),
    [
        ("openai", TEXTS, [("/moderations", {"model": "m1", "input": ["one", "two"]})]),
        (
            "openai",
            PICTURE,
            [
                (
                    "/moderations",
                    {
                        "model": "m1",
                        "input": [
                            {"type": "text", "text": "look"},
                            {"type": "image_url", "image_url": {"url": IMAGE}},
                        ],
                    },
                )
            ],
        ),
        ("openai", TALK, [("/moderations", {"model": "m1", "input": ["Hi\nGo away"]})]),
        ("mistral", TEXTS, [("/moderations", {"model": "m1", "input": ["one", "two"]})]),
        (
            "mistral",
            TALK,
            [
                (
                    "/chat/moderations",
                    {
                        "model": "m1",
                        "input": [[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Go away"}]],
                    },
                )
            ],
        ),
        (
            "zhipu",
            TEXTS,
            [
                ("/moderations", {"model": "m1", "input": "one"}),
                ("/moderations", {"model": "m1", "input": "two"}),
            ],
        ),
        ("tei", TEXTS, [("/predict", {"inputs": [["one"], ["two"]]})]),
        (
            "bedrock",
            TEXTS[:1],
            [
                (
                    "/guardrail/m1/version/DRAFT/apply",
                    {"source": "INPUT", "outputScope": "FULL", "content": [{"text": {"text": "one"}}]},
                )
            ],
        ),
    ],
)
def test_each_asks_in_its_own_words(name: str, items: tuple[Item, ...], written: list[Any]) -> None:
    assert [(path, body) for path, body, _ in asked(name, call(items), target())] == written


def test_openai_is_asked_for_one_text_as_the_app_said_it() -> None:
    ((_, body, _),) = asked("openai", call(TEXTS[:1], bare=True), target())
    assert body["input"] == "one"


@pytest.mark.parametrize("name", ["mistral", "tei", "bedrock"])
def test_images_are_refused_where_only_texts_are_judged(name: str) -> None:
    with pytest.raises(UnsupportedFeature, match="texts only") as caught:
        dialect(name).write_requests(call(PICTURE), target())
    assert caught.value.param == "input"


def test_several_inputs_with_images_are_refused_at_once() -> None:
    with pytest.raises(UnsupportedFeature, match="one input with images"):
        dialect("openai").write_requests(call((*PICTURE, *PICTURE)), target())


def test_a_text_that_is_too_long_for_zhipu_is_not_judged_by_its_beginning() -> None:
    with pytest.raises(UnsupportedFeature, match="2000"):
        dialect("zhipu").write_requests(call((Item(texts=("x" * 2001,)),)), target())


@pytest.mark.parametrize(
    ("model", "settings", "path"),
    [
        ("gr1:3", {}, "/guardrail/gr1/version/3/apply"),
        ("gr1", {"guardrail_version": "7"}, "/guardrail/gr1/version/7/apply"),
        (
            "arn:aws:bedrock:eu-west-1:1:guardrail/gr1",
            {},
            "/guardrail/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Aguardrail%2Fgr1/version/DRAFT/apply",
        ),
    ],
)
def test_a_bedrock_guardrail_is_named_with_its_version(model: str, settings: dict[str, str], path: str) -> None:
    ((found, _, _),) = asked("bedrock", call(TEXTS[:1], model=model), target(model, settings=settings))
    assert found == path


def test_what_a_vendor_does_not_take_is_dropped_and_told() -> None:
    more = {"user": "u1", "truncate": True}
    assert asked("mistral", call(extra=more), target())[0][2] == ("truncate", "user")
    assert asked("tei", call(extra=more), target())[0] == (
        "/predict",
        {"inputs": [["one"], ["two"]], "truncate": True},
        ("user",),
    )
    quirky = target(quirks=Quirks(drop=frozenset({"user"})))
    assert asked("openai", call(extra=more), quirky)[0][1:] == (
        {"model": "m1", "input": ["one", "two"], "truncate": True},
        ("user",),
    )


def test_every_vendor_speaks_a_dialect_that_is_there_at_its_own_path() -> None:
    speaking = {slug: one for slug, one in all_vendors().items() if one.moderations}
    assert {"openai", "mistral", "zhipu", "tei", "bedrock", "localai", "litellm"} <= set(speaking)
    for one in speaking.values():
        (sent, *_) = dialect(one.moderations or "").write_requests(call(TEXTS[:1]), target(**_facts(one)))
        assert sent.path.startswith("/") and "{" not in sent.path
    assert not [one.slug for one in all_vendors().values() if one.default_moderation and not one.moderations]


def _facts(one: Vendor) -> dict[str, Any]:
    return {"moderations": one.moderations, "moderations_path": one.moderations_path}


# --- replies -------------------------------------------------------------------------------------


def test_openais_verdicts_are_passed_on_with_every_category() -> None:
    clean = {"flagged": False, "categories": {"hate": False}, "category_scores": {"hate": 0.01}}
    seen = {"hate": ["text"]}
    reply = read("openai", {"id": "modr-1", "model": "omni", "results": [openai_row(), clean | {"x": 1}]})
    assert (reply.id, reply.model) == ("modr-1", "omni")
    assert [one.flagged for one in reply.results] == [True, False]
    assert set(reply.results[0].categories) == set(reply.results[0].scores) == set(OPENAI)
    assert reply.results[0].scores["hate"] == 0.9 and reply.results[0].scores["violence"] == 0.0
    assert {name: list(one) for name, one in reply.results[0].looked_at.items()} == seen


def test_mistrals_subjects_are_told_but_flag_nothing() -> None:
    rows = [
        {"categories": {"health": True, "sexual": False}, "category_scores": {"health": 0.97, "sexual": 0.01}},
        {
            "categories": {"hate_and_discrimination": True, "pii": False},
            "category_scores": {"hate_and_discrimination": 0.6, "pii": 0.2},
        },
    ]
    first, second = read("mistral", {"id": "m", "model": "mistral-moderation-2411", "results": rows}).results
    assert (first.flagged, first.categories["health"], first.scores["health"]) == (False, True, 0.97)
    assert (second.flagged, second.categories["hate"], second.scores["hate"]) == (True, True, 0.6)
    assert "self-harm" not in second.looked_at and second.scores["self-harm"] == 0.0


def test_zhipus_level_is_the_score() -> None:
    passed = {"id": "z", "result_list": [{"content_type": "text", "risk_level": "PASS", "risk_type": []}]}
    refused = {"result_list": [{"content_type": "text", "risk_level": "REJECT", "risk_type": ["涉黄"]}]}
    first, second = read("zhipu", passed, refused).results
    assert (first.flagged, first.scores["risk"]) == (False, 0.0)
    assert (second.flagged, second.scores["risk"], second.scores["sexual"]) == (True, 0.9, 0.9)


def test_labels_of_a_classifier_become_categories() -> None:
    rows = [
        [{"label": "toxic", "score": 0.8}, {"label": "threat", "score": 0.1}, {"label": "identity_hate", "score": 0.6}],
        [{"label": "neutral", "score": 0.9}],
    ]
    first, second = read("tei", rows).results
    assert first.flagged and first.scores["harassment"] == 0.8
    assert first.scores["hate"] == 0.6 and first.scores["harassment/threatening"] == 0.1
    assert not second.flagged and second.scores["unsafe"] == pytest.approx(0.1)


def test_one_input_may_come_without_a_list_around_it() -> None:
    (only,) = read("tei", [{"label": "safe", "score": 0.2}, {"label": "hate", "score": 0.8}], items=TEXTS[:1]).results
    assert only.flagged and only.scores["hate"] == 0.8 and "unsafe" not in only.scores


def test_what_a_guardrail_of_bedrock_found_is_told_by_its_confidence() -> None:
    filters = [
        {"type": "HATE", "confidence": "HIGH", "action": "BLOCKED"},
        {"type": "VIOLENCE", "confidence": "LOW", "action": "NONE"},
    ]
    body = {"action": "GUARDRAIL_INTERVENED", "assessments": [{"contentPolicy": {"filters": filters}}]}
    first, second = read("bedrock", body, {"action": "NONE", "assessments": [{}]}).results
    assert first.flagged and first.scores["hate"] == 0.95 and first.categories["hate"]
    assert first.scores["violence"] == 0.4 and not first.categories["violence"]
    assert not second.flagged and not any(second.scores.values())


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"{}", b'{"results": []}', b'{"results": [{}, {}]}', b"3"])
def test_what_is_no_verdict_is_garbled(name: str, body: bytes) -> None:
    with pytest.raises(VendorGarbled):
        read(name, body, body)


def test_verdicts_for_fewer_inputs_are_no_answer() -> None:
    with pytest.raises(VendorGarbled, match="1 verdicts for 2 inputs"):
        read("openai", {"results": [openai_row()]})


def test_an_error_with_a_200_is_that_error() -> None:
    body = {"error": {"message": "Rate limit reached", "type": "rate_limit_error", "code": "rate_limit_exceeded"}}
    with pytest.raises(RateLimited):
        read("openai", body)


@pytest.mark.parametrize("score", [True, "0.5", None, 7, -1, "nan"])
def test_what_is_no_score_is_left_out(score: Any) -> None:
    (one,) = read("openai", {"results": [openai_row(category_scores={"hate": score})]}, items=TEXTS[:1]).results
    assert one.scores["hate"] == 0.0 and one.flagged
