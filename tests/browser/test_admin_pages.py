"""The admin in a real browser: it has its styles, fits a phone, and a secret does not outlive its page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright

from gateway.models import ApiKey
from providers.models import Provider, Token, TokenState

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread; the tests use the ORM in it
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser: Browser, live_server: Any) -> Iterator[Page]:
    """A page of a signed-in superuser. Any error of a script fails the test."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def test_a_secret_is_copied_and_gone_after_a_reload(page: Page) -> None:
    page.goto("/admin/gateway/apikey/add/")
    page.fill("#id_name", "browser")
    page.get_by_role("button", name="Save", exact=True).click()
    secret = page.locator("#issued-secret").inner_text()
    assert secret.startswith("sk-sb-")
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied").wait_for()
    key = ApiKey.objects.get()
    assert page.url.endswith(f"/admin/gateway/apikey/{key.pk}/change/")
    page.reload()
    assert secret not in page.content()
    page.go_back()
    assert secret not in page.content()
    storage = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert secret not in storage
    assert ApiKey.objects.count() == 1


def test_the_lists_have_their_styles_and_fit_a_phone(page: Page) -> None:
    row = Provider.objects.create(name="anthropic", vendor="anthropic", dispatch="pooled")
    Token.objects.create(provider=row, secret="sk-1")
    page.goto("/admin/providers/provider/")
    dot = page.locator("#result_list .sb-dot").first
    assert dot.evaluate("node => getComputedStyle(node).borderRadius") == "50%"
    page.set_viewport_size({"width": 390, "height": 844})
    for address in ("", "providers/provider/", f"providers/provider/{row.pk}/change/", "monitoring/requestlog/"):
        page.goto(f"/admin/{address}")
        assert overflow(page) <= 0, address


def test_a_button_in_a_row_acts(page: Page) -> None:
    row = Provider.objects.create(name="anthropic", vendor="anthropic", dispatch="pooled")
    Token.objects.create(provider=row, secret="sk-1")
    page.goto("/admin/providers/provider/")
    page.get_by_role("button", name="Disable: anthropic").click()
    page.get_by_text("Disabled: anthropic.").wait_for()
    assert not Provider.objects.get().enabled


def test_a_token_is_added_in_the_browser(page: Page) -> None:
    row = Provider.objects.create(name="anthropic", vendor="anthropic")
    page.goto(f"/admin/providers/provider/{row.pk}/change/")
    page.get_by_text("Add another Token").click()
    page.fill("#id_tokens-0-new_secret", "sk-typed-in-a-browser")
    page.get_by_role("button", name="Save and continue editing").click()
    page.locator(".sb-panel").wait_for()
    assert "sk-typed-in-a-browser" not in page.content()
    assert Token.objects.get().secret == "sk-typed-in-a-browser"
    assert not TokenState.objects.exists()


def test_vendors_are_searched(page: Page) -> None:
    page.goto("/admin/providers/provider/add/")
    page.get_by_label("Search vendors").fill("anthr")
    tiles = page.locator(".sb-tile:visible")
    tiles.first.wait_for()
    assert tiles.count() == 1
