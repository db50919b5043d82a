"""Guardrails in the admin: real fields for each kind, their order, and the box to try one."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from gateway.admin import guardrail_fields
from gateway.admin.guardrail_form import GuardrailForm
from gateway.guardrails.settings import problems
from gateway.models import ApiKey, Guardrail, Team
from tests.gateway.admin.policy_cast import GUARDRAILS, key, plain, staff, team, text

pytestmark = pytest.mark.django_db
ADD = f"{GUARDRAILS}add/"
EMAIL = "ana.lopez@example.com"
FULL: dict[str, dict[str, Any]] = {
    "pii": {
        "entities": ["EMAIL", "SECRET"],
        "regions": ["DE"],
        "patterns": [{"name": "employee", "pattern": r"E\d{6}"}],
    },
    "patterns": {"patterns": [{"name": "employee", "pattern": r"E\d{6}"}, {"name": "pattern_2", "pattern": "a: b"}]},
    "safety": {"classifier": "moderation:omni", "threshold": 0.5, "categories": ["violence"]},
    "toxicity": {"classifier": "judge:gpt-4o-mini", "threshold": 0.25},
    "size": {"most_input": 1000, "most_bytes": 20_000, "most_messages": 5},
    "models": {"allowed": ["gpt-4o*", "llama"]},
    "schema": {"schema": {"type": "object", "required": ["a"]}},
}


def given(kind: str, **fields: Any) -> dict[str, Any]:
    base = {"name": "g", "enabled": "on", "kind": kind, "on_requests": "on", "action": "block", "on_failure": "closed"}
    return {**base, "timeout": "5", "position": "10", "classifier": "offline", "threshold": "0.7", **fields}


def as_typed(kind: str, settings: dict[str, Any]) -> dict[str, Any]:
    """What the browser sends back of a form that shows these settings."""
    form = GuardrailForm(instance=Guardrail(kind=kind, settings=settings))
    shown = {name: form[name].value() for name in guardrail_fields.FIELDS[kind]}
    return {name: value for name, value in shown.items() if value is not None}


@pytest.mark.parametrize("kind", FULL)
def test_settings_come_back_from_their_fields_as_they_were(kind: str) -> None:
    form = GuardrailForm(given(kind, **as_typed(kind, FULL[kind])))
    assert form.is_valid(), form.errors
    assert form.save().settings == FULL[kind]
    assert problems(kind, FULL[kind]) == []


def test_what_is_as_usual_is_not_stored() -> None:
    form = GuardrailForm(given("pii", **as_typed("pii", {})))
    assert form.save().settings == {}


def test_names_and_places_want_presidio() -> None:
    chosen = ["EMAIL", "NAME"]
    assert guardrail_fields.read("pii", {"entities": chosen}) == {"entities": chosen, "presidio": True}


@pytest.mark.parametrize(
    ("kind", "typed", "field"),
    [
        ("pii", {}, "entities"),
        ("pii", {"entities": ["NOTHING"]}, "entities"),
        ("pii", {"entities": ["EMAIL"], "patterns": "employee: E(\\d{6}"}, "patterns"),
        ("patterns", {}, "patterns"),
        ("patterns", {"patterns": "a: x\na: y"}, "patterns"),
        ("patterns", {"patterns": "a: x\0y"}, "patterns"),
        ("words", {}, "words"),
        ("words", {"words": "x" * 201}, "words"),
        ("safety", {"threshold": "1.1"}, "threshold"),
        ("safety", {"threshold": "nan"}, "threshold"),
        ("safety", {"classifier": "x"}, "classifier"),
        ("toxicity", {"classifier": "judge"}, "classifier_model"),
        ("size", {}, "most_input"),
        ("size", {"most_bytes": "-1"}, "most_bytes"),
        ("size", {"most_bytes": "9" * 30}, "most_bytes"),
        ("models", {"allowed": " \n "}, "allowed"),
        ("schema", {"schema": "{"}, "schema"),
        ("schema", {"schema": "[]"}, "schema"),
        ("schema", {"schema": '{"type": "nothing"}'}, "schema"),
        ("schema", {"schema": "9" * 5000}, "schema"),
        ("schema", {"schema": "[" * 100_000}, "schema"),
        ("size", {"most_input": "5", "action": "redact"}, "action"),
        ("models", {"allowed": "a", "timeout": "0"}, "timeout"),
        ("models", {"allowed": "a", "position": "-1"}, "position"),
        ("pii", {"entities": ["EMAIL"], "on_requests": ""}, "on_requests"),
        ("nothing", {}, "kind"),
        ("models", {"allowed": "a", "teams": ["9"]}, "teams"),
    ],
)
def test_what_is_wrong_is_an_error_of_its_field(kind: str, typed: dict[str, Any], field: str) -> None:
    form = GuardrailForm(given(kind, **typed))
    assert field in form.errors


def test_fields_of_other_kinds_are_not_looked_at() -> None:
    form = GuardrailForm(given("models", allowed="a", schema="{", threshold="x", patterns="(", most_bytes="-1"))
    assert form.is_valid(), form.errors
    assert form.save().settings == {"allowed": ["a"]}


@pytest.mark.parametrize(("kind", "requests", "replies"), [("schema", False, True), ("size", True, False)])
def test_a_kind_checks_the_side_that_it_can(kind: str, requests: bool, replies: bool) -> None:
    typed = {"schema": '{"type": "object"}', "most_input": "5"}
    row = GuardrailForm(given(kind, on_requests="", on_replies="", **typed)).save()
    assert (row.on_requests, row.on_replies) == (requests, replies)


def test_one_is_made_in_the_admin_for_teams_and_keys(admin_client: Client) -> None:
    one, app = team(), key()
    data = given("pii", entities=["EMAIL"], teams=[one.pk], api_keys=[app.pk], action="restore")
    assert "was added successfully" in text(admin_client, ADD, data)
    row = Guardrail.objects.get()
    assert (row.teams.get(), row.api_keys.get(), row.action) == (one, app, "restore")
    shown = text(admin_client, GUARDRAILS)
    assert "redact, restore" in shown
    assert "team Search" in shown
    assert "Personal data" in text(admin_client, f"{GUARDRAILS}{row.pk}/change/")
    assert "already exists" in text(admin_client, ADD, data)
    huge = text(admin_client, ADD, {**data, "name": "h", "teams": ["9" * 30]})
    assert "Choose it from the list" in huge
    assert Team.objects.count() == ApiKey.objects.count() == 1


def rows(count: int = 3) -> list[Guardrail]:
    return [
        Guardrail.objects.create(name=f"g{at}", kind="words", settings={"words": ["x"]}, position=10 * at)
        for at in range(1, count + 1)
    ]


def placed(rows: list[Guardrail], *positions: str) -> dict[str, Any]:
    data: dict[str, Any] = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": len(rows), "_save": "Save"}
    for at, (row, position) in enumerate(zip(rows, positions, strict=True)):
        data |= {f"form-{at}-id": row.pk, f"form-{at}-position": position}
    return data


def test_they_are_put_in_another_order_on_the_list(admin_client: Client) -> None:
    first = rows()
    admin_client.post(GUARDRAILS, placed(first, "2", "0", "1"))
    assert [row.name for row in Guardrail.objects.all()] == ["g2", "g3", "g1"]


def test_an_order_that_cannot_be_is_an_error(admin_client: Client) -> None:
    first = rows()
    for wrong in ("x", "-1", ""):
        assert admin_client.post(GUARDRAILS, placed(first, wrong, "1", "2")).status_code == 200
    data = placed(first, "2", "0", "1")
    first[0].delete()  # by somebody else, meanwhile
    assert admin_client.post(GUARDRAILS, data).status_code in (200, 302)
    client = staff("view_guardrail")
    assert "g2" in text(client, GUARDRAILS)
    assert client.post(GUARDRAILS, placed(first[1:], "2", "0")).status_code == 403


def test_shadow_is_switched_for_many(admin_client: Client) -> None:
    chosen = [row.pk for row in rows()]
    for action, wanted in (("shadow_selected", True), ("act_selected", False)):
        admin_client.post(GUARDRAILS, {"action": action, "_selected_action": chosen})
        assert set(Guardrail.objects.values_list("shadow", flat=True)) == {wanted}


def test_settings_nobody_can_use_are_told(admin_client: Client) -> None:
    broken: list[Any] = [{"nonsense": 1}, [], "x", None, {"patterns": "x", "entities": 5, "threshold": "y"}]
    for at, settings in enumerate(broken):
        row = Guardrail.objects.create(name=f"g{at}", kind="pii", settings=settings if settings is not None else {})
        page = text(admin_client, f"{GUARDRAILS}{row.pk}/change/")
        assert ("cannot be used" in page) == bool(problems("pii", row.settings))
    assert "cannot be used" in text(admin_client, GUARDRAILS)


# --- trying one ------------------------------------------------------------------------------------


def guardrail(kind: str = "pii", **fields: Any) -> Guardrail:
    return Guardrail.objects.create(**{"name": "g", "kind": kind, "action": "redact", "settings": {}, **fields})


def tried(client: Client, row: Guardrail, words: str, side: str = "request") -> str:
    reply = client.post(f"{GUARDRAILS}{row.pk}/try/", {"text": words, "side": side})
    assert reply.status_code == 200
    assert "no-store" in reply.headers["Cache-Control"]
    return plain(reply.content.decode())


def test_a_text_is_redacted_as_a_call_would_be(admin_client: Client) -> None:
    shown = tried(admin_client, guardrail(shadow=True), f"write to {EMAIL}")
    assert "As it goes on write to [EMAIL_1]" in shown
    assert "It is in shadow" in shown


def test_a_reply_is_tried_as_well(admin_client: Client) -> None:
    row = guardrail(on_requests=False, on_replies=True)
    assert "[EMAIL_1]" in tried(admin_client, row, f"write to {EMAIL}", "reply")


def test_what_would_be_refused_says_why_without_the_text(admin_client: Client) -> None:
    shown = tried(admin_client, guardrail(action="block"), f"write to {EMAIL}")
    assert "blocked" in shown
    assert shown.count(EMAIL) == 1  # in the box


def test_the_models_are_tried_by_name_and_sizes_by_a_text(admin_client: Client) -> None:
    only = guardrail("models", action="block", settings={"allowed": ["gpt-4o*"]})
    assert "blocked" in tried(admin_client, only, "claude")
    assert "passed" in tried(admin_client, only, "gpt-4o-mini")
    size = guardrail("size", name="h", action="block", settings={"most_input": 3})
    assert "blocked" in tried(admin_client, size, "word " * 100)


def test_what_cannot_be_tried_says_so(admin_client: Client) -> None:
    asking = guardrail("safety", action="block", settings={"classifier": "judge:gpt-4o"})
    assert "asks a model" in tried(admin_client, asking, "hello")
    broken = guardrail("words", name="h", settings={})
    assert "cannot be used" in tried(admin_client, broken, "hello")
    assert "At most 100,000" in tried(admin_client, broken, "x" * 100_001)
    for odd in ("\0", "\ud83d", "🎈" * 50, "<script>alert(1)</script>"):
        tried(admin_client, guardrail(name=f"o{Guardrail.objects.count()}"), odd.encode("utf-8", "replace").decode())


def test_nothing_of_a_tried_text_is_kept(admin_client: Client, caplog: pytest.LogCaptureFixture) -> None:
    row = guardrail()
    tried(admin_client, row, f"write to {EMAIL}")
    kept = "".join(f"{entry} {entry.change_message}" for entry in LogEntry.objects.all())
    assert EMAIL not in kept + caplog.text
    address = f"{GUARDRAILS}{row.pk}/try/"
    assert EMAIL not in admin_client.get(f"{address}?text={EMAIL}").content.decode().replace(f"?text={EMAIL}", "")
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = admin_client.cookies
    assert careful.post(address, {"text": EMAIL}).status_code == 403
    assert staff("view_team").post(address, {"text": EMAIL}).status_code == 403
    assert "[EMAIL_1]" in tried(staff("view_guardrail"), row, EMAIL)
