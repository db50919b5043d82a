"""The dashboards in a real browser: every page, wide and narrow, light and dark, without an error on the console and
without anything serious that axe finds; the charts are drawn, and what is chosen stays chosen."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.monitoring.dashboards.made_up import fill
from tests.monitoring.live_cast import person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PAGES = (
    "/dashboards/?range=7d", "/dashboards/providers/", "/dashboards/providers/openai/models/", "/dashboards/budgets/",
    "/dashboards/reliability/", "/dashboards/quality/", "/live/",
)  # fmt: skip
Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread; the tests use the ORM in it
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def opened(browser: Browser, live_server: Any) -> Iterator[Opener]:
    """Opens a page for a member of staff, as ``opened(path, width=…, dark=…)``. An error on its console fails the
    test; that the server here speaks no WebSocket is none."""
    fill(timezone.now(), days=9, a_day=70)
    client = Client()
    client.force_login(person("root", staff=True))
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    contexts = []
    problems: list[str] = []

    def told(kind: str, text: str) -> None:
        if kind == "error" and "WebSocket" not in text:
            problems.append(text)

    def open_page(path: str, *, width: int = 1440, dark: bool = False) -> Page:
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        context.add_cookies([cookie])  # type: ignore[list-item]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: told(line.type, line.text))
        page.goto(path)
        if page.locator("[data-charts]").count():
            expect(page.locator(".plot .skeleton")).to_have_count(0)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def test_every_page_is_whole_and_accessible_in_both_themes_and_widths(opened: Opener) -> None:
    for path in PAGES:
        for width in (1440, 390):
            for dark in (False, True):
                page = opened(path, width=width, dark=dark)
                assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, width)
                found = Axe().run(page).response["violations"]
                serious = [
                    (one["id"], node["html"][:150], node.get("failureSummary", "")[:200])
                    for one in found
                    if one["impact"] in ("serious", "critical")
                    for node in one["nodes"][:3]
                ]
                assert serious == [], (path, width, dark)
                page.context.close()


def test_charts_are_drawn_with_a_table_and_a_legend_that_switches(opened: Opener) -> None:
    page = opened(PAGES[0])
    for name in ("requests", "cost", "latency", "usage", "first", "pace"):
        figure = page.locator(f"[data-chart={name}]")
        expect(figure.locator("canvas")).to_have_count(1)
        assert "at most" in (figure.locator(".uplot").get_attribute("aria-label") or ""), name
    requests = page.locator("[data-chart=requests]")
    requests.locator("summary", has_text="As a table").press("Enter")
    assert requests.locator("tbody tr").count() > 40
    button = requests.get_by_role("button", name="Answered")
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "false")
    assert "Answered" not in (requests.locator(".uplot").get_attribute("aria-label") or "")
    requests.locator(".u-over").hover(position={"x": 200, "y": 60})
    expect(requests.locator(".tooltip")).to_contain_text("UTC")


def test_cost_is_split_another_way_without_the_page_moving(opened: Opener) -> None:
    page = opened(PAGES[0])
    cost = page.locator("[data-chart=cost]")
    cost.get_by_role("link", name="Team").click()
    expect(cost.locator(".legend")).to_contain_text("Support")
    assert "by=team" in page.url
    page.reload()
    expect(cost.locator(".legend")).to_contain_text("Support")


def test_filters_are_chosen_in_menus_and_taken_away_again(opened: Opener) -> None:
    page = opened(PAGES[0])
    page.locator(".menu > summary", has_text="Team").click()
    page.get_by_role("checkbox", name="Support", exact=True).check()
    page.keyboard.press("Escape")  # what was chosen applies when the menu closes
    expect(page.locator(".chip")).to_contain_text("Support")
    assert "range=7d" in page.url and "team=" in page.url
    page.get_by_label("Remove the filter Team Support").click()
    expect(page.locator(".chip")).to_have_count(0)
    assert "range=7d" in page.url


def test_explanations_open_by_keyboard_and_one_at_a_time(opened: Opener) -> None:
    page = opened(PAGES[0])
    first = page.get_by_label("What “Requests” means").first
    first.press("Enter")
    expect(page.get_by_text("Calls that came in and ended")).to_be_visible()
    page.get_by_label("What “Error rate” means").first.press("Enter")
    expect(page.get_by_text("Calls that came in and ended")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Calls that failed through no fault")).to_be_hidden()


def test_the_menu_of_pages_opens_on_a_phone(opened: Opener) -> None:
    page = opened(PAGES[3], width=390)
    expect(page.get_by_role("link", name="Reliability")).to_be_hidden()
    page.get_by_role("button", name="Menu").press("Enter")
    page.get_by_role("link", name="Reliability").click()
    expect(page.get_by_role("heading", name="Reliability", level=1)).to_be_visible()


def test_a_provider_is_tested_where_it_stands(opened: Opener) -> None:
    from django.contrib.auth import get_user_model

    get_user_model().objects.filter(username="root").update(is_superuser=True)
    page = opened(PAGES[1])
    answer = '{"results": [{"ok": true, "text": "Token abc: works (80 ms)"}, {"ok": false, "text": "Token def: no"}]}'
    page.route(
        "**/dashboards/providers/*/test/", lambda route: route.fulfill(body=answer, content_type="application/json")
    )
    page.get_by_role("button", name="Test openai").press("Enter")
    result = page.locator(".provider", has_text="openai").locator(".result")
    expect(result).to_contain_text("Token abc: works (80 ms)")
    expect(result.locator("[data-kind=bad]")).to_have_count(1)
