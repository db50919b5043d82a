"""The playground in a real browser, against a real server and a fake vendor."""

from __future__ import annotations

import base64
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.walking import PHONE, SCHEMES, Problems, chromium, grave, overflow, shoot, visitor
from tests.fake_vendor import HANGS_MID_STREAM, Answer, FakeVendor, failing, in_thread
from tests.server.running import KEY, PASSWORD, Server, acme, running

pytestmark = pytest.mark.browser
LARGE, SMALL = "fake-large", "ext-openai-compatible-fake-small"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
AWKWARD = 'It\'s "quoted", costs $5, has a \\ and\na second line – and True, null, 😀'


@pytest.fixture(scope="module")
def vendor() -> Iterator[FakeVendor]:
    with in_thread() as made:
        yield made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, vendor: FakeVendor) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("playground"), **acme(vendor.url, TOKEN_TEST_MINUTES="0")) as started:
        yield started


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    with chromium(chromium_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def session(server: Server, browser: Browser) -> Any:
    with visitor(browser, server.url, Problems()) as page:
        page.goto("/live/login/")
        page.get_by_label("Username").fill("admin")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/live/")
        return page.context.storage_state()


@pytest.fixture
def problems() -> Problems:
    return Problems()


@pytest.fixture
def page(server: Server, browser: Browser, session: Any, problems: Problems) -> Iterator[Page]:
    """The playground, ready. A test whose page has problems that it did not want fails."""
    with visitor(browser, server.url, problems, storage_state=session) as opened:
        opened.goto("/playground/")
        expect(opened.locator("#models option")).not_to_have_count(0)
        models(opened).fill(LARGE)
        yield opened
    assert problems.unwanted == []


def models(page: Page) -> Locator:
    """Where a column's model is chosen."""
    return page.get_by_role("combobox", name="Model", exact=True)


def say(page: Page, text: str) -> None:
    page.get_by_label("Message").fill(text)
    page.keyboard.press("Enter")


def answers(page: Page) -> Locator:
    return page.locator(".turn.assistant")


def sent(vendor: FakeVendor) -> dict[str, Any]:
    """The last call's body."""
    return dict(vendor.calls()[-1].json)


def test_an_answer_grows_and_then_tells_what_it_took(page: Page, vendor: FakeVendor) -> None:
    vendor.script(Answer(text="one two three four five six", delay=0.4), times=1)
    say(page, "Count")
    turn = answers(page)
    expect(turn).to_contain_text("one two")
    assert "six" not in turn.inner_text() and turn.get_attribute("aria-busy") == "true"
    expect(turn.locator(".text").last).to_have_text("one two three four five six")
    expect(turn.locator(".figures")).to_contain_text("first words after")
    expect(turn.locator(".figures")).to_contain_text("7 in, 5 out")
    link = turn.get_by_role("link", name="in the log")
    link.click()
    page.wait_for_url("**/logs/*/")
    expect(page.get_by_role("heading", level=1)).to_contain_text(LARGE)


def test_two_models_answer_side_by_side(page: Page, vendor: FakeVendor) -> None:
    page.get_by_label("System prompt").fill("Be brief.")
    page.get_by_role("button", name="Add a model").click()
    models(page).last.fill(SMALL)
    before = len(vendor.calls())
    say(page, "Hello")
    expect(answers(page)).to_have_count(2)
    for place in (0, 1):
        expect(answers(page).nth(place)).to_contain_text("Hello from the fake vendor.")
    asked = [one.json for one in vendor.calls()[before:]]
    assert {one["model"] for one in asked} == {"fake-large", "fake-small"}
    assert all(one["messages"][0] == {"role": "system", "content": "Be brief."} for one in asked)
    boxes = [page.locator(".column").nth(place).bounding_box() for place in (0, 1)]
    assert boxes[0] and boxes[1] and boxes[0]["y"] == boxes[1]["y"], "side by side"
    expect(page.locator(".figures").last).to_contain_text("in the log")
    shoot(page, "playground-desk-light")
    page.reload()
    assert models(page).evaluate_all("all => all.map(one => one.value)") == [LARGE, SMALL]
    assert page.get_by_label("System prompt").input_value() == "Be brief."


def test_stop_ends_the_answer_here_and_at_the_vendor(page: Page, vendor: FakeVendor) -> None:
    vendor.script(HANGS_MID_STREAM, times=1)
    say(page, "Go on for ever")
    expect(answers(page)).to_contain_text("Hello")
    page.get_by_role("button", name="Stop").click()
    expect(answers(page)).to_contain_text("Stopped.")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    for _ in range(50):
        if not vendor.open_requests:
            break
        page.wait_for_timeout(100)
    assert not vendor.open_requests
    say(page, "And now?")
    expect(answers(page).last).to_contain_text("Hello from the fake vendor.")


def test_an_image_is_shown_and_sent(page: Page, vendor: FakeVendor) -> None:
    page.get_by_label("Add images").set_input_files({"name": "dot.png", "mimeType": "image/png", "buffer": PIXEL})
    expect(page.get_by_role("img", name="dot.png")).to_be_visible()
    say(page, "What is this?")
    expect(answers(page)).to_contain_text("Hello from the fake vendor.")
    text, image = sent(vendor)["messages"][-1]["content"]
    assert text == {"type": "text", "text": "What is this?"}
    assert base64.b64decode(image["image_url"]["url"].partition(",")[2]) == PIXEL
    shown = page.get_by_role("img", name="An image that was sent")
    assert shown.evaluate("image => image.naturalWidth") == 1
    expect(page.locator("#images")).to_be_hidden()


def test_a_tool_is_called_and_gets_its_result(page: Page, vendor: FakeVendor) -> None:
    page.get_by_text("Tools", exact=True).click()
    page.get_by_role("button", name="Put in an example").click()
    vendor.script(Answer(tools=(("get_weather", '{"city": "Oslo"}'),)), times=1)
    say(page, "How is the weather?")
    expect(page.locator(".tools pre")).to_have_text('{"city": "Oslo"}')
    assert sent(vendor)["tools"][0]["function"]["name"] == "get_weather"
    say(page, "Never mind")
    expect(page.locator("#problem")).to_contain_text("send them first")
    page.get_by_label("Its result").fill("4 °C, rain")
    page.get_by_role("button", name="Send the results").click()
    expect(answers(page).last).to_contain_text("Hello from the fake vendor.")
    call, result = sent(vendor)["messages"][-2:]
    assert call["tool_calls"][0]["function"] == {"name": "get_weather", "arguments": '{"city": "Oslo"}'}
    assert result == {"role": "tool", "tool_call_id": call["tool_calls"][0]["id"], "content": "4 °C, rain"}


def test_the_code_that_is_shared_does_the_same(page: Page, vendor: FakeVendor, browser: Browser) -> None:
    page.get_by_label("System prompt").fill(AWKWARD)
    page.get_by_label("Temperature").fill("0,5")
    page.get_by_label("Message").fill("Hello")
    page.get_by_role("button", name="Share as code").click()
    code = {}
    for name in ("curl", "Python", "JavaScript"):
        page.get_by_role("button", name=name, exact=True).click()
        code[name] = page.locator("#code-text").inner_text()
    assert not [text for text in code.values() if "sk-sb-" in text], "no secret in what is passed on"
    assert grave(page) == []

    curl = shlex.split(code["curl"].replace("\\\n", " "))
    body = json.loads(curl[curl.index("-d") + 1])
    assert [one["content"] for one in body["messages"]] == [AWKWARD, "Hello"]
    compile(code["Python"], "shared.py", "exec")
    environ = {**os.environ, "SWITCHBOARD_API_KEY": KEY}
    run = [sys.executable, "-c", code["Python"]]
    done = subprocess.run(run, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == "Hello from the fake vendor.", done.stderr
    told = sent(vendor)
    assert (told["messages"], told["temperature"]) == (body["messages"], 0.5)
    blank = browser.new_page()
    main = code["JavaScript"].partition("\n")[2]
    blank.evaluate("text => { new Function(`return async () => {${'\\n'}` + text + `${'\\n'}}`); }", main)
    blank.close()


def test_a_pass_that_is_over_is_asked_for_again(page: Page, problems: Problems) -> None:
    asked: list[str] = []

    def spoil_the_first(route: Route) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.fulfill(json={"pass": "sk-sb-pass-from-another-time", "seconds": 600})
        else:
            route.continue_()

    page.route("**/playground/pass", spoil_the_first)
    page.reload()
    models(page).fill(LARGE)
    say(page, "Hello")
    expect(answers(page)).to_contain_text("Hello from the fake vendor.")
    assert len(asked) >= 2
    problems.wanted = ("401: ",)


def test_who_was_signed_out_is_told(page: Page, problems: Problems) -> None:
    page.context.clear_cookies()
    page.reload()
    page.wait_for_url("**/live/login/?next=/playground/")


def test_an_error_is_shown_and_the_same_can_be_said_again(page: Page, problems: Problems, vendor: FakeVendor) -> None:
    vendor.script(failing(400), times=1)
    say(page, "Hello")
    expect(answers(page).get_by_role("alert")).to_contain_text("Invalid request.")
    say(page, "Hello")
    expect(answers(page).last).to_contain_text("Hello from the fake vendor.")
    assert [one["role"] for one in sent(vendor)["messages"]] == ["user"], "what failed is not part of it"
    expect(answers(page)).to_have_count(2)
    models(page).fill("no-such-model")
    say(page, "Hello?")
    expect(answers(page).last.get_by_role("alert")).to_contain_text("no-such-model")
    vendor.script(Answer(text="It begins well, and then it ends at once", error_after=6, delay=0.2), times=1)
    models(page).fill(LARGE)
    say(page, "Break off")
    expect(answers(page).last.get_by_role("alert")).to_be_visible()
    expect(answers(page).last).to_contain_text("It begins well")
    problems.wanted = ("400: ", "404: ")


def test_json_that_is_none_is_told_at_its_field(page: Page, vendor: FakeVendor) -> None:
    page.get_by_text("Answer format").click()
    page.get_by_label("Response format, as JSON").fill("{type: json_object}")
    before = len(vendor.calls())
    say(page, "Hello")
    expect(page.locator("#response_format-error")).to_contain_text("This is not JSON")
    expect(page.locator("#problem")).to_contain_text("Mend the JSON")
    assert len(vendor.calls()) == before


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_conversation_is_readable_on_a_phone(page: Page, vendor: FakeVendor, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_viewport_size(PHONE)
    vendor.script(Answer(text="averylongwordwithoutanend" * 20, reasoning="Let me think."), times=1)
    say(page, "Hello")
    expect(page.locator(".figures").last).to_contain_text("in the log")
    assert overflow(page) <= 0
    assert grave(page) == []
    shoot(page, f"playground-phone-{scheme}")
