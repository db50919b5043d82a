"""Limits, budgets, guardrails and the shadow list in a real browser: fields that come and go, rows that are dragged, a
text that is tried, and every page on a phone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect, sync_playwright

from gateway.exchange import uuid7
from gateway.models import Budget, BudgetLease, BudgetRaise, Guardrail, Limit
from tests.gateway.admin.policy_cast import BUDGETS, DOLLAR, GUARDRAILS, LIMITS, budget, key, team
from tests.monitoring.test_admin_judged import REDACTED, SHADOW, said

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
    context = browser.new_context(base_url=live_server.url, viewport={"width": 1400, "height": 900})
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def shown(page: Page, *names: str) -> list[str]:
    """Which of the fields can be seen."""
    return [name for name in names if page.locator(f"#id_{name}").locator("xpath=..").first.is_visible()]


def test_only_the_field_of_the_subject_is_seen(page: Page) -> None:
    fields = ("team", "api_key", "provider", "model", "tag")
    for address, subjects in ((LIMITS, {"model": "model"}), (BUDGETS, {"model": "model", "tag": "tag"})):
        page.goto(f"{address}add/")
        for subject, field in {"everyone": "", "team": "team", "key": "api_key", **subjects}.items():
            page.select_option("#id_subject", subject)
            there = [one for one in fields if page.locator(f"#id_{one}").count()]
            if field in ("model", "tag"):
                expect(page.locator(f"#id_{field}")).to_be_visible()
            assert shown(page, *there) == ([field] if field else []), (address, subject)


def test_a_budget_is_made_and_raised(page: Page) -> None:
    page.goto(f"{BUDGETS}add/")
    page.fill("#id_name", "prod")
    page.select_option("#id_subject", "tag")
    page.fill("#id_tag", "prod")
    page.fill("#id_amount", "$1,250.50")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_text("was added successfully").wait_for()
    assert Budget.objects.get().amount == 1_250_500_000_000
    page.get_by_text("Add another Temporary raise").click()
    page.fill("#id_raises-0-amount", "10")
    page.fill("#id_raises-0-ends_at_0", f"{timezone.now() + timedelta(days=3):%Y-%m-%d}")
    page.fill("#id_raises-0-ends_at_1", "12:00:00")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_text("was changed successfully").wait_for()
    assert BudgetRaise.objects.get().made_by == "root"
    expect(page.get_by_text("with $10.00 of temporary raises")).to_be_visible()


def test_a_slice_is_given_back_after_being_asked(page: Page) -> None:
    row = budget(spent=10 * DOLLAR, leased=5 * DOLLAR)
    long_ago = timezone.now() - timedelta(hours=1)
    BudgetLease.objects.create(period=row.periods.get(), holder=uuid7(), amount=5 * DOLLAR, renewed_at=long_ago)
    page.goto(f"{BUDGETS}{row.pk}/change/")
    page.get_by_role("link", name="Give back").click()
    page.get_by_role("button", name="Give it back").click()
    page.get_by_text("$5.00 can be spent again").wait_for()
    assert row.periods.get().leased == 0


def test_the_settings_of_the_chosen_kind_are_seen(page: Page) -> None:
    page.goto(f"{GUARDRAILS}add/")
    fields = ("patterns", "words", "threshold", "classifier_model", "most_input", "allowed", "schema", "on_replies")
    wanted = {
        "pii": ["patterns", "on_replies"], "words": ["words", "on_replies"], "safety": ["threshold", "on_replies"],
        "size": ["most_input"], "models": ["allowed"], "schema": ["schema", "on_replies"],
    }  # fmt: skip
    for kind, seen in wanted.items():
        page.select_option("#id_kind", kind)
        expect(page.locator(f"#id_{seen[0]}")).to_be_visible()
        assert shown(page, *fields) == seen, kind
    page.select_option("#id_kind", "toxicity")
    expect(page.locator("#id_classifier_model")).to_be_hidden()
    page.select_option("#id_classifier", "judge")
    expect(page.locator("#id_classifier_model")).to_be_visible()


def test_a_guardrail_is_made_and_tried(page: Page) -> None:
    page.goto(f"{GUARDRAILS}add/")
    page.fill("#id_name", "Personal data")
    page.fill("#id_patterns", "employee: E\\d{6}")
    page.select_option("#id_action", "redact")
    page.get_by_role("button", name="Save and continue editing").click()
    page.get_by_text("was added successfully").wait_for()
    page.fill("#try-text", "Ask E123456, ana.lopez@example.com")
    page.get_by_role("button", name="Try as a request").click()
    expect(page.locator("pre")).to_contain_text("[EMAIL_1]")
    assert "E123456" not in page.locator("pre").inner_text()
    assert page.locator("#try-text").input_value().startswith("Ask E123456")


def test_guardrails_are_dragged_into_another_order(page: Page) -> None:
    for at, name in enumerate(("first", "second", "third")):
        Guardrail.objects.create(name=name, kind="models", settings={"allowed": ["x"]}, position=10 * at)
    page.goto(GUARDRAILS)
    handles = page.locator("#result_list .cursor-move.flex")
    second, first = handles.nth(1).bounding_box(), handles.nth(0).bounding_box()
    assert second and first
    page.mouse.move(second["x"] + 10, second["y"] + 10)
    page.mouse.down()
    page.mouse.move(first["x"] + 10, first["y"] + 30, steps=8)
    page.mouse.move(first["x"] + 10, first["y"] + 2, steps=8)
    expect(page.locator("#result_list tbody").first).to_contain_text("second")  # the rows make way in a moment
    page.mouse.up()
    expect(page.locator("#id_form-1-position")).to_have_value("0")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("changed successfully").wait_for()
    assert [row.name for row in Guardrail.objects.all()] == ["second", "first", "third"]


def test_every_page_fits_a_phone(page: Page) -> None:
    one = team()
    app = key(team=one, tags=["prod"])
    Limit.objects.create(subject="team", team=one, usage_per_minute=2_000_000, note="as agreed with the team in May")
    row = budget("A name that is as long as a name may well be", subject="team", team=one, spent=85_123_456_789)
    BudgetLease.objects.create(period=row.periods.get(), holder=uuid7(), amount=5, renewed_at=timezone.now())
    rail = Guardrail.objects.create(name="Personal data", kind="pii")
    call = said(REDACTED, SHADOW, what="shadow", tags=["prod"], api_key="app", team="Search")
    page.set_viewport_size({"width": 390, "height": 844})
    for address in (
        LIMITS, f"{LIMITS}add/", BUDGETS, f"{BUDGETS}{row.pk}/change/", GUARDRAILS, f"{GUARDRAILS}{rail.pk}/change/",
        f"{GUARDRAILS}{rail.pk}/try/", f"/admin/gateway/team/{one.pk}/change/",
        f"/admin/gateway/apikey/{app.pk}/change/", "/admin/gateway/spendingsettings/1/change/",
        "/admin/gateway/cachesettings/1/change/",
        "/admin/monitoring/requestlog/?judged=any", f"/admin/monitoring/requestlog/{call.pk}/change/",
    ):  # fmt: skip
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
