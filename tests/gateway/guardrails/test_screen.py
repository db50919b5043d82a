"""What guardrails do to a request: in their order, each with its own way to fail."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.errors import GuardrailBlocked, GuardrailFailed
from gateway.guardrails.classifiers.base import Classifier, Judgement
from gateway.guardrails.finders import Finder
from gateway.guardrails.finding import AT_ONCE, PIECE
from gateway.guardrails.values import Judging, ModelRules, SizeRules
from tests.gateway.guardrails.cast import asked, find, guard, open_tail, screen


async def test_a_block_names_the_guardrail_and_the_kind_and_never_the_text() -> None:
    made = screen("chat.completions", asked("I am a@b.co"), guard(action="block"))
    with pytest.raises(GuardrailBlocked) as raised:
        await made.asked()
    error = raised.value
    assert error.message == "The guardrail 'no personal data' refused this request: it holds email."
    assert error.details == {"guardrail": "no personal data", "kind": "pii", "on": "request"}
    assert (error.status, error.code) == (400, "guardrail_blocked")
    assert "a@b" not in repr(made.verdicts) + str(error.details)
    assert [(one.action, one.what) for one in made.verdicts] == [("block", "email:1")]


@pytest.mark.parametrize("more", [{"action": "log"}, {"shadow": True}, {"action": "block", "shadow": True}])
async def test_log_and_shadow_only_note(more: dict[str, Any]) -> None:
    made = screen("chat.completions", asked("I am a@b.co"), guard(**more), content=b"raw")
    operation = await made.asked()
    assert operation.body["messages"][0]["content"] == "I am a@b.co"
    assert (made.content, made.restorer()) == (b"raw", None)
    assert [(one.what, one.shadow) for one in made.verdicts] == [("email:1", "shadow" in more)]


async def test_each_guardrail_sees_what_the_one_before_it_left() -> None:
    first, second = guard(name="first"), guard(id=2, name="second", action="block")
    made = screen("chat.completions", asked("I am a@b.co"), first, second)
    await made.asked()
    assert [one.by for one in made.verdicts] == ["first"]


async def test_what_cannot_be_checked_is_open_or_closed() -> None:
    def fails(text: str) -> list[Any]:
        raise ValueError(text)

    broken = guard(settings=Finder(fails, open_tail, 10))
    with pytest.raises(GuardrailFailed) as raised:
        await screen("chat.completions", asked("a@b.co"), broken).asked()
    assert raised.value.status == 503
    assert "a@b" not in raised.value.message
    for more in ({"closed": False}, {"shadow": True}):
        made = screen("chat.completions", asked("a@b.co"), guard(settings=broken.settings, **more))
        assert (await made.asked()).body["messages"][0]["content"] == "a@b.co"
        assert [(one.action, one.what) for one in made.verdicts] == [("failed", "error")]


async def test_a_row_whose_settings_are_no_good_fails_as_it_says() -> None:
    with pytest.raises(GuardrailFailed):
        await screen("chat.completions", asked("hi"), guard(settings=None, broken="no good")).asked()
    lax = screen("chat.completions", asked("hi"), guard(settings=None, broken="no good", closed=False))
    await lax.asked()
    assert lax.verdicts[0].what == "settings"


async def test_a_large_body_lets_other_calls_have_their_turn_and_can_run_out_of_time() -> None:
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def slow(text: str) -> Any:
        return [one for _ in range(40) for one in find(text)][:0]

    task = asyncio.ensure_future(other())
    text = "word 7 " * (PIECE // 7 * 12)
    made = screen("chat.completions", asked(text), guard(settings=Finder(slow, open_tail, 200)))
    await made.asked()
    assert turns > 5
    late = screen("chat.completions", asked(text), guard(settings=Finder(slow, open_tail, 200), timeout=0.01))
    with pytest.raises(GuardrailFailed, match="took too long"):
        await late.asked()
    task.cancel()


@pytest.mark.parametrize("offset", [0, 1, 5, 9, 14])
async def test_what_lies_across_the_pieces_of_a_large_text_is_found(offset: int) -> None:
    text = "x " * ((PIECE - 10) // 2) + " " * offset + "somebody@example.org and " + "y " * AT_ONCE
    made = screen("chat.completions", asked(text))
    told = (await made.asked()).body["messages"][0]["content"]
    assert told == text.replace("somebody@example.org", "[EMAIL_1]")


# --- other kinds -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("rules", "what"),
    [
        (SizeRules(messages=1), "messages:1"),
        (SizeRules(bytes=10), "bytes:1"),
        (SizeRules(units=5), "input:1"),
        (SizeRules(messages=2, bytes=10_000, units=1000), ""),
    ],
)
async def test_size(rules: SizeRules, what: str) -> None:
    body = {"messages": [{"role": "user", "content": "word " * 20}] * 2}
    made = screen("chat.completions", body, guard(kind="size", action="block", settings=rules), content=b"x" * 100)
    if what:
        with pytest.raises(GuardrailBlocked, match="larger"):
            await made.asked()
    else:
        await made.asked()
    assert ",".join(one.what for one in made.verdicts) == what


@pytest.mark.parametrize(("allowed", "passes"), [(("m*",), True), (("gpt-4o*", "m1"), True), (("gpt-4o*",), False)])
async def test_models(allowed: tuple[str, ...], passes: bool) -> None:
    check = guard(kind="models", action="block", settings=ModelRules(allowed=allowed))
    made = screen("chat.completions", asked("hi"), check)
    if passes:
        await made.asked()
    else:
        with pytest.raises(GuardrailBlocked, match="model"):
            await made.asked()


class Fixed:
    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement
        self.shown: list[str] = []

    async def judge(self, texts: Sequence[str]) -> Judgement:
        self.shown += texts
        return self.judgement


MEAN = Judgement(safety=0.4, categories={"violence": 0.6, "hate": 0.1})


@pytest.mark.parametrize(
    ("kind", "rules", "score"),
    [
        ("safety", Judging(), 0.4),
        ("safety", Judging(threshold=0.3), None),
        ("safety", Judging(categories=frozenset({"hate"})), None),
        ("safety", Judging(categories=frozenset({"violence"})), 0.4),
        ("toxicity", Judging(), None),
        ("toxicity", Judging(threshold=0.95), 0.9),
    ],
)
async def test_scores(kind: str, rules: Judging, score: float | None) -> None:
    fixed = Fixed(MEAN)
    made = screen(
        "chat.completions",
        asked("hi"),
        guard(kind=kind, action="block", settings=rules),
        classifiers=lambda name: fixed,
    )
    if score is None:
        await made.asked()
        assert made.verdicts == []
    else:
        with pytest.raises(GuardrailBlocked, match="scores"):
            await made.asked()
        assert made.verdicts[0].score == pytest.approx(score)
    assert fixed.shown == ["hi"]


async def test_whoever_asks_how_bad_a_text_is_may_show_it() -> None:
    def never(name: str) -> Classifier:
        raise AssertionError

    class Asked:
        endpoint, model, beside, session_id = "moderations", "m", (), ""
        body: dict[str, Any] = {"input": "I hate you"}

    from gateway.guardrails.screen import Screen

    made = Screen((guard(kind="safety", settings=Judging()),), Asked(), content=b"", classifiers=never)  # type: ignore[arg-type]
    assert (await made.asked()).endpoint == "moderations"


async def test_a_classifier_that_is_not_there_fails_as_any_check() -> None:
    made = screen("chat.completions", asked("hi"), guard(kind="safety", settings=Judging(classifier="judge:x")))
    with pytest.raises(GuardrailFailed):
        await made.asked()
    assert made.verdicts[0].what == "no_classifier"


async def test_a_finder_that_blocks_runs_in_a_thread() -> None:
    threads: set[str] = set()

    def slow(text: str) -> Any:
        threads.add(threading.current_thread().name)
        return find(text)

    check = guard(on_replies=True, settings=Finder(slow, open_tail, 200, blocks=True))
    made = screen("chat.completions", asked("I am a@b.co"), check)
    assert (await made.asked()).body["messages"][0]["content"] == "I am [EMAIL_1]"
    reply = made.reply()
    assert reply is not None
    frame = b'data: {"choices": [{"index": 0, "delta": {"content": "c@d.co "}, "finish_reason": "stop"}]}\n\n'
    assert b"[EMAIL_2]" in await reply.feed(frame) + await reply.finish()
    assert threading.main_thread().name not in threads


def test_a_name_of_the_call_is_hashed_where_something_is_found_in_it() -> None:
    made = screen("chat.completions", asked("hi"))
    assert made.safe_name("session-7") == "session-7"
    hashed = made.safe_name("a@b.co")
    assert "@" not in hashed
    assert hashed == made.safe_name("a@b.co") != made.safe_name("c@d.co")
    noting = screen("chat.completions", asked("hi"), guard(action="log"))
    assert noting.safe_name("a@b.co") == "a@b.co"
