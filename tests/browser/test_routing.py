"""Routing as people see it, in a real browser: routes, the plan of a request, what would happen to another."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gateway.models import Route, RouteTarget
from monitoring.models import RequestLog
from providers.models import Provider
from tests.gateway.explain_cast import STORY
from tests.gateway.test_admin_routes import add_provider, add_route
from tests.monitoring.test_admin_request_log import log

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
ROUTES = "/admin/gateway/route/"


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
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1400, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def openai() -> Provider:
    return add_provider("openai", "gpt-4o", "gpt-4o-mini")


def fell_back_twice() -> RequestLog:
    attempts = [
        {
            "provider": "openai", "model": "gpt-4o", "duration_us": 400_000, "status": 429, "verdict": "next_target",
            "error": "rate_limit_exceeded", "message": "Too many requests.",
        },
        {
            "provider": "anthropic", "model": "claude-sonnet", "started_us": 600_000, "waited_us": 200_000,
            "duration_us": 400_000, "status": 503, "verdict": "next_target", "error": "provider_overloaded",
        },
        {
            "provider": "ollama", "model": "llama3.2", "started_us": 1_000_000, "duration_us": 1_000_000, "status": 200,
            "first_byte_us": 250_000,
        },
    ]  # fmt: skip
    fields = {"provider": "ollama", "model": "llama3.2", "requested_model": "smart", "latency_us": 2_000_000}
    [row] = log(1, attempts=attempts, plan=STORY, **fields)
    return row


def test_the_models_of_the_chosen_provider_are_suggested(page: Page, openai: Provider) -> None:
    add_provider("groq", "llama-3")
    page.goto(f"{ROUTES}add/")
    page.get_by_text("Add another Target").click()
    page.select_option("#id_targets-0-provider", str(openai.pk))
    page.focus("#id_targets-0-model")
    field = page.locator("#id_targets-0-model")
    expect(field).to_have_attribute("list", f"sb-names-{openai.pk}")
    suggested = page.eval_on_selector_all(f"#sb-names-{openai.pk} option", "all => all.map(one => one.value)")
    assert "gpt-4o" in suggested and "llama-3" not in suggested
    page.focus("#id_name")
    page.select_option("#id_targets-0-provider", "")
    field.focus()
    expect(field).to_have_attribute("list", "sb-names-any")
    assert {"llama-3", "auto:code"} <= set(
        page.eval_on_selector_all("#sb-names-any option", "all => all.map(one => one.value)")
    )


def test_a_route_is_made_in_the_browser_and_its_targets_dragged(page: Page, openai: Provider) -> None:
    route = add_route("smart", (openai, "gpt-4o"), (openai, "gpt-4o-mini"))
    page.goto(f"{ROUTES}{route.pk}/change/")
    handles = page.locator("#targets-data .form-group.original .cursor-move")
    handles.nth(1).scroll_into_view_if_needed()
    first, second = handles.nth(0).bounding_box(), handles.nth(1).bounding_box()
    assert first and second
    page.mouse.move(second["x"] + 10, second["y"] + 10)
    page.mouse.down()
    page.mouse.move(first["x"] + 10, first["y"] + 30, steps=8)
    page.mouse.move(first["x"] + 10, first["y"] + 2, steps=8)
    page.mouse.up()
    expect(page.locator("#id_targets-1-position")).to_have_value("0")
    page.get_by_text("Add another Target").click()
    page.fill("#id_targets-2-model", "openai:gpt-4o")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_text("was changed successfully").wait_for()
    assert [str(one) for one in RouteTarget.objects.all()] == ["openai:gpt-4o-mini", "openai:gpt-4o", "openai:gpt-4o"]


def test_goal_and_weights_show_for_auto_alone(page: Page) -> None:
    page.goto(f"{ROUTES}add/")
    expect(page.locator("#id_goal")).to_be_hidden()
    page.select_option("#id_strategy", "auto")
    expect(page.locator("#id_goal")).to_be_visible()
    expect(page.locator("#id_weight_cost")).to_be_visible()
    page.fill("#id_name", "best")
    page.select_option("#id_goal", "code")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("was added successfully").wait_for()
    assert Route.objects.get().goal == "code"


def test_the_plan_of_a_request_that_fell_back_twice_is_drawn_to_scale(page: Page) -> None:
    row = fell_back_twice()
    page.goto(f"/admin/monitoring/requestlog/{row.pk}/change/")
    lanes = page.locator(".sb-lane")
    assert lanes.count() == 3
    whole = lanes.first.bounding_box()
    bar = lanes.first.locator(".sb-lane-bar").bounding_box()
    assert whole and bar
    assert bar["width"] / whole["width"] == pytest.approx(0.2, abs=0.01)
    assert lanes.nth(1).locator(".sb-lane-wait").count() == 1
    score = page.get_by_role("img", name="Score 0.83").bounding_box()
    parts = page.locator(".sb-place").first.locator("rect").all()
    widths = [box["width"] for part in parts if (box := part.bounding_box())]
    assert score and sum(widths) / score["width"] == pytest.approx(0.83, abs=0.01)
    page.get_by_role("link", name="What would happen now?").click()
    page.get_by_text("What was asked was not stored.").wait_for()


def test_a_request_is_explained_and_bad_json_told_in_place(page: Page, openai: Provider) -> None:
    add_route("smart", (openai, "gpt-4o"), (openai, "gpt-4o-mini"))
    page.goto(ROUTES)
    page.get_by_role("link", name="Explain a request").click()
    page.fill("#id_model", "smart")
    page.fill("#id_text", "Refactor this function")
    page.get_by_text("With tools").click()
    page.get_by_role("button", name="Explain").click()
    expect(page.locator(".sb-place")).to_have_count(2)
    page.get_by_text("Under a draft of routes").first.click()
    page.fill("#id_draft", '{"routes": [')
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("alert")).to_contain_text("This is not JSON. Line 1, column")
    expect(page.locator("#id_text")).to_have_value("Refactor this function")


def test_every_page_fits_a_phone(page: Page, openai: Provider) -> None:
    route, row = add_route("smart", (openai, "gpt-4o"), (None, "openai:gpt-4o-mini")), fell_back_twice()
    page.set_viewport_size({"width": 390, "height": 844})
    for address in (
        ROUTES,
        f"{ROUTES}{route.pk}/change/",
        "/admin/gateway/routingsettings/1/change/",
        f"/admin/monitoring/requestlog/{row.pk}/change/",
        f"/admin/routing/explain/?route={route.pk}",
        f"/admin/routing/explain/?log={row.pk}",
    ):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
