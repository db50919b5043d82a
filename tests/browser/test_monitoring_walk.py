"""From the first login to an alert and its end by keyboard alone, in a real browser against a real server.

On its way it looks at every page: nothing serious for axe, in light and in dark; nothing wider than a phone; no error
in the console and no request that fails. WALK_SCREENSHOTS names a directory for pictures of all of them.
"""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.walking import (
    DESK,
    PHONE,
    SCHEMES,
    Keyboard,
    Problems,
    chromium,
    grave,
    overflow,
    shoot,
    visitor,
)
from tests.fake_vendor import FakeVendor, in_thread
from tests.monitoring.alerts.cast import Receiver, receiver
from tests.server.running import PASSWORD, Server, running

pytestmark = pytest.mark.browser
PROVIDER, MODEL = "openai_compatible", "fake-large"
RULE = "A provider is down"
ANSWER = "Hello from the fake vendor."
SWAGGER = ("nested-interactive", "color-contrast")  # of Swagger UI itself: a button within a button, its own colours
ADMIN_SCHEME = 'dark => document.documentElement.classList.toggle("dark", dark)'  # it asks only as it loads
QUIET = {  # the pages that the walk does not come to, by the names of their pictures
    "budgets": "/dashboards/budgets/",
    "reliability": "/dashboards/reliability/",
    "quality": "/dashboards/quality/",
    "models": f"/dashboards/providers/{PROVIDER}/models/",
    "admin-home": "/admin/",
    "admin-providers": "/admin/providers/provider/?status=green",
    "admin-health": "/admin/monitoring/healthstate/",
    "admin-channels": "/admin/monitoring/alertchannel/",
    "admin-messages": "/admin/monitoring/alertmessage/",
    "admin-request-log": "/admin/monitoring/requestlog/",
    "admin-health-settings": "/admin/monitoring/healthsettings/1/change/",
    "admin-quality-settings": "/admin/monitoring/qualitysettings/1/change/",
    "admin-new-rule": "/admin/monitoring/alertrule/add/",
    "admin-new-team": "/admin/gateway/team/add/",
}


class Walk:
    """One person with a keyboard, and what was wrong on their way."""

    def __init__(self, page: Page, server: Server, problems: Problems) -> None:
        self.page, self.server, self.problems = page, server, problems
        self.keys = Keyboard(page)
        self.faults: list[str] = []

    def look(self, name: str, *, but: tuple[str, ...] = ()) -> None:
        """At the page as it stands, in both colour schemes and both widths. ``but``: axe's rules that others break."""
        for scheme in reversed(SCHEMES):
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.evaluate(ADMIN_SCHEME, scheme == "dark")
            self.page.wait_for_timeout(150)  # colours that fade have arrived
            found = [
                one
                for one in grave(self.page, only_colours=scheme == "light")
                if not any(f" {rule} (" in one for rule in but)
            ]
            self.faults += [f"{scheme} {one}" for one in found]
            for width, size in (("phone", PHONE), ("desk", DESK)):
                self.page.set_viewport_size(size)  # type: ignore[arg-type]
                if (wide := overflow(self.page)) > 0:
                    self.faults.append(f"{name} is wider than {size['width']} px by {wide}")
                shoot(self.page, f"{name}-{width}-{scheme}")

    def again_until(self, so: Callable[[], bool], *, within: float, what: str) -> None:
        """Loads the page again until it is so."""
        until = time.monotonic() + within
        while not so():
            assert time.monotonic() < until, f"{what}: {self.page.locator('main, #main').first.inner_text()[:2000]}"
            self.page.wait_for_timeout(500)
            self.page.reload()

    def admin(self, name: str) -> None:
        """By the admin's sidebar."""
        self.keys.follow("link", re.compile(rf"\b{name}$"))

    def site(self, name: str) -> None:
        """By the head of the pages for teams."""
        self.keys.follow("link", name, within=self.page.get_by_role("navigation", name="Pages"))

    def saved(self) -> None:
        expect(self.page.get_by_text(re.compile("was (added|changed) successfully"))).to_be_visible()


@pytest.fixture
def vendor() -> Iterator[FakeVendor]:
    with in_thread() as made:
        yield made


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as listening:
        yield listening


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with running(tmp_path, TOKEN_TEST_MINUTES="0") as started:
        yield started


@pytest.fixture
def browser(chromium_path: str) -> Iterator[Browser]:
    with chromium(chromium_path) as opened:
        yield opened


@pytest.fixture
def walk(server: Server, browser: Browser) -> Iterator[Walk]:
    problems = Problems()
    with visitor(browser, server.url, problems) as page:
        yield Walk(page, server, problems)


def call(server: Server, key: str) -> int:
    body = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    request = urllib.request.Request(f"{server.url}/v1/chat/completions", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def sign_in(walk: Walk) -> None:
    walk.page.goto("/")
    walk.look("sign-in")
    walk.keys.fill("Username", "admin")
    walk.keys.fill("Password", PASSWORD)
    with walk.page.expect_navigation():
        walk.page.keyboard.press("Enter")
    walk.keys.to("link", "Skip to the content")


def connect(walk: Walk, vendor: FakeVendor) -> None:
    keys, page = walk.keys, walk.page
    walk.admin("Providers")
    keys.fill("Name, vendor or address", PROVIDER)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    keys.follow("link", re.compile(f"^{PROVIDER}"))
    keys.choose("Dispatch", "Pooled: shares")
    keys.fill("Base URL", vendor.url)
    keys.press("link", re.compile("Add another Token$"))
    keys.to_any(page.locator("#id_tokens-0-new_secret"), "the token's secret")
    page.keyboard.type("sk-typed-by-keyboard")
    keys.follow("button", "Save and continue editing")
    walk.saved()
    keys.follow("button", "Fetch models")
    walk.again_until(lambda: page.get_by_text("2 enabled").count() > 0, within=20, what="no models")
    walk.look("admin-provider")


def try_on_the_board(walk: Walk) -> None:
    keys, page = walk.keys, walk.page
    walk.admin("Dashboards")
    walk.site("Providers")
    keys.press("button", f"Test {PROVIDER}")
    result = page.get_by_role("article", name=PROVIDER).get_by_role("status")
    expect(result).to_contain_text("works")
    walk.look("providers")


def make_key(walk: Walk) -> str:
    walk.site("Admin")
    walk.admin("API keys")
    walk.keys.follow("link", re.compile("^add$"))
    walk.look("admin-new-key")
    walk.keys.fill("Name", "walker")
    walk.keys.follow("button", "Save")
    secret = walk.page.locator("#issued-secret").inner_text()
    walk.keys.press("button", re.compile("Copy"))
    expect(walk.page.get_by_text("Copied")).to_be_visible()
    return secret


def try_it(walk: Walk) -> None:
    keys, page = walk.keys, walk.page
    walk.admin("Playground")
    expect(page.locator("#models option")).not_to_have_count(0)
    keys.choose("Call as", "walker")
    keys.fill("Model", MODEL, role="combobox")
    keys.fill("Message", "Hello from the walk")
    page.keyboard.press("Enter")
    expect(page.locator(".turn.assistant")).to_contain_text(ANSWER)
    expect(page.locator(".figures")).to_contain_text("in the log")
    walk.look("playground")


def see_it_live(walk: Walk) -> None:
    walk.site("Live")
    row = walk.page.locator("#rows tr", has_text=MODEL)
    expect(row).to_have_count(1)
    walk.keys.to_any(row.get_by_role("button"), "the row")
    walk.page.keyboard.press("Enter")
    expect(walk.page.locator("#details")).to_contain_text("walker")
    walk.look("live")
    walk.page.keyboard.press("Escape")
    expect(walk.page.locator("#details")).to_be_hidden()


def find_it_again(walk: Walk) -> None:
    walk.site("Requests")
    rows = walk.page.locator("tr", has_text="walker")
    walk.again_until(lambda: rows.count() > 0, within=15, what="it is not in the log")
    walk.look("requests")
    walk.keys.to_any(rows.first.get_by_role("link").first, "the request")
    with walk.page.expect_navigation():
        walk.page.keyboard.press("Enter")
    expect(walk.page.get_by_role("heading", level=1)).to_contain_text(MODEL)
    walk.look("request")


def see_it_summed(walk: Walk) -> None:
    """Sums are made every ten seconds."""
    walk.site("Overview")
    figure = walk.page.locator("main").get_by_text(re.compile("^walker$"))
    walk.again_until(lambda: figure.count() > 0, within=40, what="it is not summed")
    expect(walk.page.locator(".plot .skeleton")).to_have_count(0)
    walk.look("overview")


def ask_for_alerts(walk: Walk, hook: Receiver) -> None:
    keys, page = walk.keys, walk.page
    walk.site("Admin")
    walk.admin("Alert channels")
    keys.follow("link", re.compile("Add alert channel$"))
    keys.fill("Name", "ops")
    keys.choose("Kind", "Webhook")
    keys.fill("Webhook address", hook.url)
    walk.look("admin-new-channel")
    keys.follow("button", "Save")
    walk.saved()
    walk.admin("Alert rules")
    walk.again_until(lambda: page.get_by_text(RULE).count() > 0, within=60, what="the first rules are not made")
    walk.look("admin-rules")
    keys.follow("link", re.compile(f"^{RULE}"))
    for name in ("Only after", "Over after", "Gather for"):
        keys.fill(name, "0", role="spinbutton")
    keys.to("searchbox", "Channels")
    page.keyboard.type("ops")
    expect(page.get_by_role("option", name="ops")).to_be_visible()
    page.keyboard.press("Enter")
    walk.look("admin-rule")
    keys.follow("button", "Save")
    walk.saved()


def be_impatient(walk: Walk) -> None:
    """So that what is back is tried again soon."""
    walk.admin("Routing settings")
    walk.keys.to_any(walk.page.locator("#id_breaker_longest"), "the longest time that a breaker is open")
    walk.page.keyboard.press("ControlOrMeta+A")
    walk.page.keyboard.type("15")
    walk.keys.follow("button", "Save")
    walk.saved()


def news_of(hook: Receiver) -> list[tuple[str, str]]:
    told = [alert for _, _, body in hook.got for alert in json.loads(body)["alerts"]]
    return [(one["event"], one["subject"]) for one in told]


def until_told(walk: Walk, hook: Receiver, event: str, meanwhile: Callable[[], Any]) -> None:
    """Looks at the other pages while the timetable takes its time."""
    until = time.monotonic() + 120
    while (event, f"provider:{PROVIDER}") not in news_of(hook):
        assert time.monotonic() < until, f"nobody was told of {event}: {news_of(hook)}"
        meanwhile()
        walk.page.wait_for_timeout(500)


def board_says(walk: Walk, word: str, key: str) -> None:
    """Some call it all the time: else what is down would be doubted when its breaker lets calls through."""
    walk.page.goto("/dashboards/providers/")
    card = walk.page.get_by_role("article", name=PROVIDER)

    def said() -> bool:
        call(walk.server, key)
        return card.get_by_text(word, exact=True).count() > 0

    walk.again_until(said, within=60, what=f"the board: {word}")


def see_the_alert(walk: Walk, hook: Receiver, vendor: FakeVendor, key: str) -> None:
    page, quiet = walk.page, iter(QUIET.items())

    def look_around() -> None:
        call(walk.server, key)
        for name, path in quiet:
            page.goto(path)
            walk.look(name)
            break

    vendor.switch(on=False)
    for _ in range(6):
        assert call(walk.server, key) >= 500
    until_told(walk, hook, "firing", look_around)
    board_says(walk, "Down", key)
    walk.look("providers-down")
    page.goto("/live/")
    expect(page.locator("#rows tr.event", has_text=f"{PROVIDER} is down").first).to_be_visible()
    walk.look("live-alert")
    page.goto("/admin/")
    walk.admin("Alerts")
    expect(page.locator("#result_list")).to_contain_text(f"{PROVIDER} is down")
    walk.look("admin-alerts")
    walk.keys.press("button", re.compile("^admin|^A admin"))  # the theme's own menus take a mouse only
    expect(page.get_by_text("Log out")).to_be_visible()
    walk.keys.press("button", re.compile("^Filters"))
    expect(page.get_by_text("By severity")).to_be_visible()

    vendor.switch(on=True)
    until_told(walk, hook, "recovery", look_around)
    board_says(walk, "Healthy", key)
    for name, path in quiet:
        page.goto(path)
        walk.look(name)


@pytest.mark.timeout(480)  # it waits for the timetable
def test_keyboard_alone_walks_from_the_first_login_to_the_end_of_an_alert(
    walk: Walk, vendor: FakeVendor, hook: Receiver
) -> None:
    sign_in(walk)
    connect(walk, vendor)
    try_on_the_board(walk)
    key = make_key(walk)
    try_it(walk)
    see_it_live(walk)
    find_it_again(walk)
    see_it_summed(walk)
    ask_for_alerts(walk, hook)
    be_impatient(walk)
    see_the_alert(walk, hook, vendor, key)
    walk.page.goto("/api/docs/")
    expect(walk.page.locator(".opblock").first).to_be_visible()
    walk.look("api-docs", but=SWAGGER)
    assert news_of(hook)[0][0] == "firing"
    assert not (wrong := [*walk.faults, *walk.problems.unwanted]), "\n".join(wrong)
