"""A new user's first quarter of an hour, in a real browser against a real server."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.fake_vendor import FakeVendor, in_thread, rate_limited
from tests.server.running import PASSWORD, Server, running

pytestmark = pytest.mark.browser
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FIRST, SECOND = "sk-first-token-of-the-walk", "sk-second-token-of-the-walk"
RESTS = 5  # seconds
MOST_CONVERSATIONS = 30


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with in_thread() as made:
        made.script(rate_limited(RESTS), model="fake-large", times=1)
        yield made


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path) as started:
        yield started


@pytest.fixture
def browser(chromium_path: str) -> Iterator[Browser]:
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium_path, args=FLAGS) as opened,
    ):
        yield opened


def page_of(browser: Browser, server: Server, problems: list[str]) -> Page:
    """A page of somebody who is not signed in."""
    context = browser.new_context(base_url=server.url, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("response", lambda answer: problems.append(answer.url) if answer.status >= 500 else None)
    return page


def sign_in(page: Page, name: str, password: str) -> None:
    page.fill("#id_username", name)
    page.fill("#id_password", password)
    page.click("button[type=submit]")


def chat(server: Server, key: str, text: str = "Hello") -> tuple[str, str]:
    """The text of the answer and the number of attempts it took. Calls with the same ``text`` are one conversation."""
    body = {"model": "fake-large", "messages": [{"role": "user", "content": text}]}
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    request = urllib.request.Request(f"{server.url}/v1/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as reply:
        answer = json.loads(reply.read())
        return str(answer["choices"][0]["message"]["content"]), str(reply.headers["x-switchboard-attempts"])


def reload_until(page: Page, text: str, *, among: str = "body", within: float = 15) -> None:
    """As its messages say: reload to see the result."""
    until = time.monotonic() + within
    while page.locator(among).get_by_text(text).count() == 0:
        assert time.monotonic() < until, f"{text!r} did not come: {page.locator('body').inner_text()[:2000]}"
        page.wait_for_timeout(300)
        page.reload()


def connect_vendor(page: Page, vendor: FakeVendor) -> None:
    page.get_by_role("link", name="openai_compatible", exact=False).first.click()
    page.select_option("#id_dispatch", "pooled")
    page.fill("#id_base_url", vendor.url)
    for number, secret in enumerate((FIRST, SECOND)):
        page.get_by_text("Add another Token").click()
        page.fill(f"#id_tokens-{number}-new_secret", secret)
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_text("was changed successfully").wait_for()
    page.get_by_role("button", name="Test connection").click()
    page.get_by_text("Testing openai_compatible").wait_for()
    reload_until(page, "passed", among=".sb-panel")
    page.get_by_role("button", name="Fetch models").click()
    reload_until(page, "2 enabled", among=".sb-panel")
    assert FIRST not in page.content()
    assert SECOND not in page.content()


def make_team(page: Page) -> None:
    """The team *shop* and its member *sam*, who is not staff."""
    page.goto("/admin/auth/user/add/")
    page.fill("#id_username", "sam")
    page.fill("#id_password1", "a long walk in the rain")
    page.fill("#id_password2", "a long walk in the rain")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/auth/user/**")
    page.goto("/admin/gateway/team/add/")
    page.fill("#id_name", "shop")
    page.locator(".select2-selection").first.click()
    page.locator(".select2-search__field").last.fill("sam")
    page.locator(".select2-results__option", has_text="sam").click()
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was added successfully").wait_for()


def make_key(page: Page, name: str, *, team: str = "") -> str:
    page.goto("/admin/gateway/apikey/add/")
    page.fill("#id_name", name)
    if team:
        page.locator(".select2-selection").first.click()
        page.locator(".select2-search__field").last.fill(team)
        page.locator(".select2-results__option", has_text=team).click()
    page.get_by_role("button", name="Save", exact=True).click()
    secret = page.locator("#issued-secret").inner_text()
    page.reload()
    assert secret not in page.content()
    return secret


def both_tokens_serve(server: Server, key: str, vendor: FakeVendor) -> int:
    """Begins conversations until both tokens were used, each at the first attempt; says how many it took."""
    before = len(vendor.calls())
    for number in range(1, MOST_CONVERSATIONS + 1):
        assert chat(server, key, f"Hello for the {number}. time")[1] == "1"
        if {one.token for one in vendor.calls()[before:]} == {FIRST, SECOND}:
            return number
    raise AssertionError("one of the tokens serves no more")


def test_a_new_user_walks_from_the_first_page_to_the_live_log(
    server: Server, vendor: FakeVendor, browser: Browser
) -> None:
    problems: list[str] = []
    page = page_of(browser, server, problems)
    page.goto("/admin/")
    sign_in(page, "admin", PASSWORD)
    page.goto("/admin/providers/provider/")
    connect_vendor(page, vendor)
    make_team(page)
    own, shops = make_key(page, "own"), make_key(page, "shops", team="shop")

    live = page.context.new_page()
    live.goto("/live/")
    live.wait_for_selector("#connection[data-state=live]")
    deadline = time.monotonic() + RESTS
    assert chat(server, own) == ("Hello from the fake vendor.", "2")
    live.locator("#rows tr", has_text="fake-large").wait_for()
    page.goto("/admin/providers/token/")
    reload_until(page, "resting", among="#result_list", within=RESTS - 1)
    assert time.monotonic() < deadline, "it was seen while it rested"

    page.goto("/admin/monitoring/requestlog/")
    reload_until(page, "fake-large", among="#result_list")
    page.locator("#result_list tbody tr th a").first.click()
    text = page.locator("body").inner_text()
    assert "rate_limit_exceeded" in text
    assert "next_token" in text or "next token" in text

    page.wait_for_timeout(max(0, deadline - time.monotonic()) * 1000 + 200)
    page.goto("/admin/providers/token/")
    assert page.locator("#result_list").get_by_text("resting").count() == 0
    shown = 1 + both_tokens_serve(server, shops, vendor)

    member = page_of(browser, server, problems)
    member.goto("/live/")
    sign_in(member, "sam", "a long walk in the rain")
    member.wait_for_selector("#connection[data-state=live]")
    chat(server, own)
    chat(server, shops)
    live.wait_for_function("count => document.querySelectorAll('#rows tr').length === count", arg=shown + 2)
    member.wait_for_function("count => document.querySelectorAll('#rows tr').length === count", arg=shown)
    assert set(member.locator("#rows .key .main").all_inner_texts()) == {"shops"}
    member.goto("/admin/")
    assert member.get_by_text("staff").count() or "login" in member.url
    assert problems == []
