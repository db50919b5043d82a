"""The dashboards as people open them: who sees what, and what bad addresses do."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gateway.admin import budget_standing
from gateway.models import Budget, BudgetRaise
from monitoring.access import Viewer
from monitoring.dashboards import budgets, uptime_days
from monitoring.dashboards.explained import TEXTS
from monitoring.dashboards.testing import ProviderTest
from monitoring.models import HealthSpan, HealthState, Outage, QualityScore, QualitySettings
from monitoring.rollups.figures import Only
from providers import actions
from providers.actions import ActionRefused
from providers.models import Provider
from tests.monitoring.dashboards.cast import DATA, DOLLAR, PAGES, Scene, client_of, scene, text_of
from tests.monitoring.live_cast import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(db: None) -> Scene:
    return scene()


def test_pages_ask_to_sign_in_and_data_says_so(client: Client) -> None:
    for path in PAGES:
        response = client.get(f"/dashboards/{path}")
        assert (response.status_code, response.headers["Location"].split("?")[0]) == (302, "/live/login/"), path
    for path in DATA:
        assert client.get(f"/dashboards/{path}").status_code == 401, path


def test_who_belongs_to_no_team_is_told_so(made: Scene) -> None:
    for path in (*PAGES, *DATA):
        response = made.eve.get(f"/dashboards/{path}")
        assert response.status_code == 403, path
        assert "belong to no team" in response.content.decode()


def test_an_installation_without_anything_says_what_to_do() -> None:
    ada = client_of(person("ada", staff=True))
    assert "No requests yet" in text_of(ada, "")
    assert "No provider is switched on" in text_of(ada, "providers/")
    assert "No budgets yet" in text_of(ada, "budgets/")
    assert "Nothing watched yet" in text_of(ada, "reliability/")
    assert "No judge is switched on" in text_of(ada, "quality/")


def test_another_teams_names_and_numbers_are_nowhere(made: Scene) -> None:
    """Red has 7 requests of $77 each; every page and all data are looked through, with every way to ask for them."""
    red = made.red.pk
    openai, now = Provider.objects.get(), made.now
    HealthState.objects.create(provider=openai, status="down", since=now, checked_at=now, reason="7 of red-team failed")
    Outage.objects.create(provider=openai, status="down", began_at=now, down_at=now, reason="red-team", fallbacks=77)
    QualityScore.objects.create(
        request_id="0" * 32, at=made.now, judged_at=made.now, team_id=red, team="red-team", model="red-team-model",
        relevance=0.77,
    )  # fmt: skip
    asked = [f"?team={red}", f"?key={red}", "?model=red-team-model", "?range=1h&by=team", "?sort=cost&all=key"]
    for path in (*PAGES, *DATA, *asked, *(f"data/{one}" for one in asked)):
        said = text_of(made.bob, path).replace(f"team={red}", "").replace("model=red-team-model", "")
        without_own = re.sub(r"data-zoom=\"[^\"]*\"", "", said)
        if "model=red" in path or path.startswith("?model"):
            without_own = re.sub(r">red-team-model<|“red-team-model”|value=\"red-team-model\"", "", without_own)
            without_own = without_own.replace("Model red-team-model", "").replace("</b>red-team-model", "")
        assert "red-team" not in without_own, path
        assert "539" not in re.sub(r"csrf\w+\" value=\"\w+|\"times\": \[[^]]*]", "", without_own), path
        assert "host-of" not in said, path
    assert "red-team" in text_of(made.staff, "") and "$539.00" in text_of(made.staff, "?team=" + str(red))


def test_a_members_figures_are_their_teams(made: Scene) -> None:
    page = text_of(made.bob, "")
    assert re.search(r"Requests</strong>.*?<dd class=\"value\">3</dd>", page, re.DOTALL)
    assert "$3.00" in page and "blue-team-key" in page
    data = json.loads(text_of(made.bob, "data/?by=key"))
    assert sum(value or 0 for value in data["series"]["answered"]) == 3
    assert [one["label"] for one in data["cost"]["groups"]] == ["blue-team-key"]
    assert len(data["times"]) == len(data["series"]["p95"]) == 96
    whole = json.loads(text_of(made.staff, "data/"))
    assert sum(value or 0 for value in whole["series"]["answered"]) == 10


def test_filters_narrow_and_stay_in_every_link(made: Scene) -> None:
    page = text_of(made.staff, f"?range=7d&team={made.blue.pk}&provider=openai")
    assert "blue-team-model" in page and "red-team-model" not in page
    assert f"/dashboards/?range=30d&amp;team={made.blue.pk}&amp;provider=openai" in page
    assert f"team={made.blue.pk}" in re.findall(r'href="(/logs/[?][^"]*)"', page)[0]
    assert f'data-charts="/dashboards/data/?range=7d&amp;team={made.blue.pk}&amp;provider=openai"' in page
    assert "red-team" in page  # still to be chosen instead
    assert "No requests like these" in text_of(made.staff, "?provider=nobody")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?range=2h", "There is no such range"),
        ("?from=never", "cannot be read"),
        ("?from=2026-01-02&to=2026-01-01", "The end must come after"),
        ("?team=x", "is no Team"),
        ("?key=9999999999999999999999", "is no API key"),
        ("?key=%00", "is no API key"),
        ("?provider=%0a", "is no Provider"),
        ("?model=" + "m" * 300, "is no Model"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_page_still_comes(made: Scene, query: str, said: str) -> None:
    assert said in text_of(made.staff, query)
    assert made.staff.get(f"/dashboards/data/{query}").status_code == 200


def test_unknown_words_for_order_and_groups_mean_the_usual(made: Scene) -> None:
    assert text_of(made.staff, "?sort=colour&by=weather&all=all")
    assert json.loads(text_of(made.staff, "data/?by=weather"))["cost"]["by"] == "model"


def test_a_budget_stands_as_the_admin_says(made: Scene) -> None:
    raised = Budget.objects.get(name="blue-team-budget")
    now = timezone.now()
    BudgetRaise.objects.create(budget=raised, amount=5 * DOLLAR, starts_at=now, ends_at=now + timedelta(days=1))
    Budget.objects.create(name="total", subject="everyone", amount=9, period="total")
    Budget.objects.create(name="day", subject="everyone", amount=9, period="day", measure="usage")
    now = timezone.now()
    theirs = budget_standing.standings(Budget.objects.all(), now=now)
    for one in budgets.standings(budgets.visible(Viewer(teams=None, name="all")), now=now):
        admin = theirs[one.budget.pk]
        assert (one.amount, one.spent, one.held) == (admin.amount, admin.spent, admin.leased)
        assert (one.starts_at, one.ends_at, one.raised) == (admin.starts_at, admin.ends_at, admin.raised)


def test_budgets_are_shown_to_whose_they_are(made: Scene) -> None:
    Budget.objects.create(name="all-together", subject="everyone", amount=9)
    Budget.objects.create(name="of-openai", subject="provider", provider=Provider.objects.get(), amount=9)
    Budget.objects.create(name="switched-off", subject="team", team=made.blue, amount=9, enabled=False)
    own = text_of(made.bob, "budgets/")
    assert "blue-team-budget" in own and "of $1,000.00" in own and "/admin/gateway" not in own
    for name in ("red-team-budget", "all-together", "of-openai", "switched-off"):
        assert name not in own
    everything = text_of(made.staff, "budgets/")
    assert "all-together" in everything and "of-openai" in everything and "switched-off" not in everything


@pytest.mark.parametrize(
    ("model", "only"),
    [
        ("gpt-4o", Only(models=["gpt-4o"])),
        ("openai:gpt-4o", Only(providers=["openai"], models=["gpt-4o"])),
        ("gpt-4*", None),
    ],
)
def test_requests_tell_whom_a_budget_is_for_or_not(model: str, only: Only | None) -> None:
    assert budgets.subject(Budget(name="b", subject="model", model=model, amount=1)) == only
    assert budgets.subject(Budget(name="b", subject="tag", tag="prod", amount=1)) is None


def test_uptime_by_day() -> None:
    provider = Provider.objects.create(name="openai", vendor="openai")
    now = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
    midnight = now.replace(hour=0)
    for status, began, until in (
        ("healthy", -30, -20), ("down", -20, -18), ("degraded", -19, -14), ("healthy", -14, 2),
    ):  # fmt: skip
        HealthSpan.objects.create(
            provider=provider, status=status, began_at=midnight + timedelta(hours=began),
            until=midnight + timedelta(hours=until),
        )  # fmt: skip
    found = uptime_days.by_day(days=4, now=now)["openai"]
    assert [one.status for one in found] == ["", "healthy", "down", "healthy"]
    assert (found[2].down, found[2].degraded, found[2].watched) == (7200, 4 * 3600, 24 * 3600)
    assert found[3].watched == 7200


def test_members_see_how_providers_are_but_not_why(made: Scene) -> None:
    provider = Provider.objects.get()
    HealthState.objects.create(
        provider=provider, status="degraded", since=made.now, checked_at=made.now, reason="12 of 40 attempts failed"
    )
    for path in ("providers/", "reliability/"):
        assert "egraded" in text_of(made.bob, path)
        assert "12 of 40" not in text_of(made.bob, path)
    own, everything = text_of(made.bob, "providers/"), text_of(made.staff, "providers/")
    assert "1 ready" in everything and "1 ready" not in own
    assert "12 of 40" in everything
    assert "data-test" not in own and "Configure" not in own


def posted(user: Any, tester: Any, *, accept: str = "application/json") -> Any:
    request = RequestFactory().post("/dashboards/providers/openai/test/", headers={"accept": accept})
    request.user = user
    return ProviderTest.as_view(tester=staticmethod(tester))(request, name="OpenAI")


def test_the_test_button_is_for_whoever_may_change_providers(made: Scene) -> None:
    assert made.bob.post("/dashboards/providers/openai/test/").status_code == 403
    assert made.staff.post("/dashboards/providers/openai/test/").status_code == 403
    assert made.staff.get("/dashboards/providers/openai/test/").status_code == 405
    ada = person("chief", staff=True)
    ada.user_permissions.add(Permission.objects.get(codename="change_provider"))
    assert 'data-test="openai"' in text_of(client_of(ada), "providers/")
    good = actions.TestOutcome("abc123", True, 200, "fine", 80)
    bad = actions.TestOutcome("def456", False, 401, "rejected", 0)
    answer = posted(ada, lambda provider: [good, bad])
    assert json.loads(answer.content)["results"] == [
        {"ok": True, "text": "Token abc123: works (80 ms)"},
        {"ok": False, "text": "Token def456: does not work: rejected"},
    ]


def test_a_test_that_is_refused_says_why(made: Scene) -> None:
    def refuse(provider: Provider) -> list[actions.TestOutcome]:
        raise ActionRefused("openai has no token in use.")

    ada = person("chief", staff=True)
    ada.user_permissions.add(Permission.objects.get(codename="change_provider"))
    assert json.loads(posted(ada, refuse).content)["results"] == [{"ok": False, "text": "openai has no token in use."}]


def test_models_tell_what_they_can_do_and_cost(made: Scene) -> None:
    page = text_of(made.bob, "providers/openai/models/")
    assert "gpt-4o" in page and "$2.50" in page and "$10.00" in page and "tools" in page
    assert "No model has" in text_of(made.bob, "providers/openai/models/?text=zzz")
    assert made.bob.get("/dashboards/providers/nobody/models/").status_code == 404


def test_quality_shows_scores_or_says_how_to_get_them(made: Scene) -> None:
    for path, team, score in (("1", made.blue, 0.91), ("2", made.red, 0.12)):
        QualityScore.objects.create(
            request_id=path * 32, at=made.now, judged_at=made.now, team_id=team.pk, team=team.name, model="gpt-4o",
            relevance=score,
        )  # fmt: skip
    own = text_of(made.bob, "quality/")
    assert "0.91" in own and "0.12" not in own and "switched off" in own
    assert 0.91 in json.loads(text_of(made.bob, "quality/data/"))["series"]["relevance"]
    assert "no such range" in text_of(made.bob, "quality/?range=1h")
    QualitySettings(enabled=True).save()
    assert "switched off" not in text_of(made.bob, "quality/")


def test_no_page_may_run_anything_but_our_own_files(made: Scene) -> None:
    for path in PAGES:
        response = made.staff.get(f"/dashboards/{path}")
        assert "default-src 'none'" in response.headers["Content-Security-Policy"], path
        assert response.headers["Cache-Control"] == "no-store"
        html = response.content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=", html), path
        named = re.findall(r'"/static/([^"]+)"', html)
        assert named and [name for name in named if finders.find(name) is None] == [], path


def test_the_menu_says_where_one_is_and_leads_staff_to_the_admin(made: Scene) -> None:
    for path, name in (("", "Overview"), ("providers/", "Providers"), ("budgets/", "Budgets"), ("quality/", "Quality")):
        page = text_of(made.bob, path)
        assert re.findall(r'aria-current="page">([^<]+)', page) == [name]
        assert "/admin/" not in page
    assert 'href="/admin/"' in text_of(made.staff, "")
    assert 'aria-current="true">Providers' in text_of(made.bob, "providers/openai/models/")


def test_each_number_is_explained_beside_it_and_in_the_documentation(made: Scene) -> None:
    from django.conf import settings

    documented = " ".join((settings.BASE_DIR / "docs" / "dashboards.md").read_text().split())
    for name, text in TEXTS.items():
        assert f"| {name} | {text} |" in documented, name
    pages = "".join(text_of(made.staff, path) for path in PAGES)
    told = set(re.findall(r'class="explain-text"><strong>([^<]+)</strong>', pages))
    assert told >= {one for one in TEXTS if one not in ("Held", "Time to recover", "Outage", "Quality score")}


def test_a_page_takes_a_handful_of_queries(made: Scene) -> None:
    for path, most in (("", 45), ("data/", 15), ("providers/", 25), ("reliability/", 18), ("budgets/", 25)):
        with CaptureQueriesContext(connection) as asked:
            made.staff.get(f"/dashboards/{path}")
        selects = [one["sql"] for one in asked.captured_queries if one["sql"].startswith("SELECT")]
        assert 0 < len(selects) <= most, (path, len(selects))
