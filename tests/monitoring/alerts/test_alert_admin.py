"""Rules, channels, alerts and messages in the admin; and that no page ever shows a secret."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client

from monitoring.admin import alert_channel
from monitoring.alerts import asking, delivering, incidents
from monitoring.alerts.outcome import Refused
from monitoring.alerts.rules import KINDS
from monitoring.alerts.story import Story
from monitoring.models import Alert, AlertChannel, AlertKind, AlertMessage, AlertRule
from tests.monitoring.alerts.cast import NOW, SECRET_URL, a_channel, a_finding, a_rule

pytestmark = pytest.mark.django_db
ADMIN = "/admin/monitoring/"
SIGNING = "a signing secret of the receiver"
CHANNEL = {
    "name": "ops", "kind": "webhook", "enabled": "on", "new_address": SECRET_URL, "new_secret": SIGNING,
    "quiet_from": "22:00", "quiet_until": "07:00", "quiet_zone": "Europe/Berlin", "quiet_days": ["0", "4"],
    "quiet_mode": "hold",
}  # fmt: skip
RULE = {
    "name": "slow", "kind": "latency", "enabled": "on", "severity": "critical", "threshold": "30",
    "window_minutes": "15", "least_requests": "5", "per": "model", "wait_minutes": "2", "calm_minutes": "3",
    "repeat_minutes": "60", "notify_recovery": "on", "group_seconds": "10",
}  # fmt: skip


class Handed:
    """A task queue that notes what it is handed."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.away = False

    def __call__(self, name: str) -> Handed:
        assert name == asking.SEND_TASK
        return self

    def apply_async(self, args: tuple[int], **options: Any) -> None:
        if self.away:
            raise OSError
        self.ids += args


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> Handed:
    queue = Handed()
    monkeypatch.setattr(alert_channel, "signature", queue)
    monkeypatch.setattr("monitoring.admin.alert_message.signature", queue)
    return queue


def errors(client: Client, address: str, data: dict[str, Any]) -> str:
    response = client.post(address, data)
    assert response.status_code == 200, "it was saved"
    return str(response.context["adminform"].form.errors.as_json())


def test_a_channel_is_made_and_its_secrets_are_never_seen_again(admin_client: Client) -> None:
    assert admin_client.post(f"{ADMIN}alertchannel/add/", CHANNEL).status_code == 302
    row = AlertChannel.objects.get()
    assert (row.address, row.secret, row.hint) == (SECRET_URL, SIGNING, "hooks.example.com")
    assert (row.quiet_days, row.quiet_zone, str(row.quiet_from)) == ([0, 4], "Europe/Berlin", "22:00:00")
    rule = a_rule(row)
    incidents.apply(rule, [a_finding()], NOW)
    pages = [
        "alertchannel/", f"alertchannel/{row.pk}/change/", f"alertchannel/{row.pk}/history/", "alertmessage/",
        f"alertmessage/{AlertMessage.objects.get().pk}/change/", f"alert/{Alert.objects.get().pk}/change/",
        f"alertrule/{rule.pk}/change/", "alertrule/", "alert/", f"alertchannel/{row.pk}/delete/",
    ]  # fmt: skip
    for page in pages:
        response = admin_client.get(ADMIN + page)
        html = response.content.decode()
        assert response.status_code == 200, page
        for secret in ("PSECRET", "xyzzy", "s3cr3t", SIGNING):
            assert secret not in html, page
    assert row.fingerprint in admin_client.get(f"{ADMIN}alertchannel/").content.decode()
    assert "PSECRET" not in "".join(LogEntry.objects.values_list("change_message", flat=True))


def test_what_is_left_empty_keeps_what_is_stored(admin_client: Client) -> None:
    row = a_channel(secret=SIGNING)
    kept = {**CHANNEL, "new_address": "", "new_secret": ""}
    assert admin_client.post(f"{ADMIN}alertchannel/{row.pk}/change/", kept).status_code == 302
    row.refresh_from_db()
    assert (row.address, row.secret) == (SECRET_URL, SIGNING)
    changed = {**kept, "new_address": "https://other.example.com/x", "new_secret-clear": "1"}
    admin_client.post(f"{ADMIN}alertchannel/{row.pk}/change/", changed)
    row.refresh_from_db()
    assert (row.address, row.secret, row.hint) == ("https://other.example.com/x", "", "other.example.com")


def test_a_channel_that_becomes_another_kind_needs_another_address(admin_client: Client) -> None:
    row = a_channel(secret=SIGNING)
    address = f"{ADMIN}alertchannel/{row.pk}/change/"
    mail = {**CHANNEL, "kind": "email", "new_address": ""}
    assert "at least one e-mail address" in errors(admin_client, address, mail)
    assert admin_client.post(address, {**mail, "receivers": "ada@example.org\nbob@example.org"}).status_code == 302
    row.refresh_from_db()
    assert (row.address, row.secret, row.hint) == (
        "ada@example.org, bob@example.org",
        "",
        "a…@example.org, b…@example.org",
    )
    assert "ada@example.org" in admin_client.get(address).content.decode()
    assert "webhook" in errors(admin_client, address, {**CHANNEL, "new_address": ""})


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"new_address": ""}, "new_address"),
        ({"new_address": "http://169.254.169.254/"}, "new_address"),
        ({"new_address": "nonsense"}, "new_address"),
        ({"new_secret": "short"}, "new_secret"),
        ({"quiet_zone": "Mars/Olympus"}, "quiet_zone"),
        ({"quiet_until": ""}, "quiet_until"),
        ({"quiet_days": []}, "quiet_days"),
        ({"quiet_days": ["9"]}, "quiet_days"),
        ({"quiet_from": "25:00"}, "quiet_from"),
        ({"kind": "pager"}, "kind"),
    ],
)
def test_a_wrong_channel_is_told_at_its_field(admin_client: Client, wrong: dict[str, Any], field: str) -> None:
    assert f'"{field}"' in errors(admin_client, f"{ADMIN}alertchannel/add/", {**CHANNEL, **wrong})
    assert not AlertChannel.objects.exists()


def test_a_test_is_sent_by_a_task_and_the_page_shows_its_outcome(admin_client: Client, handed: Handed) -> None:
    channel = a_channel()
    page, button = f"{ADMIN}alertchannel/{channel.pk}/change/", f"{ADMIN}alertchannel/{channel.pk}/do/test/"
    assert admin_client.get(button).status_code == 405
    assert "Refresh" not in admin_client.get(page)
    admin_client.post(button)
    message = AlertMessage.objects.get()
    assert handed.ids == [message.pk] and message.asked_by == "admin"
    assert admin_client.get(page)["Refresh"] == "2"

    def refused(channel: AlertChannel, story: Story) -> int:
        raise Refused("It answered with status 404 (no_service).", status=404)

    delivering.deliver_one(message.pk, send=refused)
    response = admin_client.get(page)
    assert "It answered with status 404 (no_service)." in response.content.decode() and "Refresh" not in response
    admin_client.post(f"{ADMIN}alertmessage/{message.pk}/do/again/")
    assert handed.ids == [message.pk] * 2 and AlertMessage.objects.get().state == "waiting"


def test_a_test_that_could_not_be_handed_over_is_not_sent_later(admin_client: Client, handed: Handed) -> None:
    handed.away = True
    response = admin_client.post(f"{ADMIN}alertchannel/{a_channel().pk}/do/test/", follow=True)
    assert "broker cannot be reached" in response.content.decode() and not AlertMessage.objects.exists()


@pytest.mark.parametrize("kind", AlertKind.values)
def test_a_rule_of_every_kind_is_made_with_what_means_something_to_it(admin_client: Client, kind: str) -> None:
    channel = a_channel()
    data = {**RULE, "kind": kind, "channels": [channel.pk]}
    assert admin_client.post(f"{ADMIN}alertrule/add/", data).status_code == 302
    row = AlertRule.objects.get()
    assert list(row.channels.all()) == [channel]
    assert row.threshold == (30 if KINDS[kind].help else None)
    assert row.least_requests == (5 if "least_requests" in KINDS[kind].uses else 20)
    assert admin_client.get(f"{ADMIN}alertrule/").status_code == 200
    assert admin_client.get(f"{ADMIN}alertrule/{row.pk}/change/").status_code == 200


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"threshold": "-1"}, "threshold"),
        ({"threshold": "nan"}, "threshold"),
        ({"window_minutes": "0"}, "window_minutes"),
        ({"repeat_minutes": "1"}, "repeat_minutes"),
        ({"group_seconds": "99999"}, "group_seconds"),
        ({"least_requests": "99999999999999999999"}, "least_requests"),
        ({"wait_minutes": "5000"}, "wait_minutes"),
        ({"name": ""}, "name"),
        ({"kind": "weather"}, "kind"),
    ],
)
def test_a_wrong_rule_is_told_at_its_field(admin_client: Client, wrong: dict[str, Any], field: str) -> None:
    assert f'"{field}"' in errors(admin_client, f"{ADMIN}alertrule/add/", {**RULE, **wrong})


def test_alerts_are_listed_open_first_and_acknowledged_with_a_button(admin_client: Client) -> None:
    rule = a_rule(a_channel(), calm_minutes=0)
    incidents.apply(rule, [a_finding("late", title="It is late"), a_finding("old", title="It is old")], NOW)
    incidents.apply(rule, [a_finding("old", title="It is old")], NOW)
    html = admin_client.get(f"{ADMIN}alert/").content.decode()
    assert html.index("It is old") < html.index("It is late")
    row = Alert.objects.get(subject="old")
    assert admin_client.get(f"{ADMIN}alert/{row.pk}/do/acknowledge/").status_code == 405
    admin_client.post(f"{ADMIN}alert/{row.pk}/do/acknowledge/")
    row.refresh_from_db()
    assert row.acknowledged_by == "admin"
    page = admin_client.get(f"{ADMIN}alert/{row.pk}/change/").content.decode()
    assert "admin" in page and "I see to it" not in page and 'name="_save"' not in page
    admin_client.post(f"{ADMIN}alert/", {"action": "acknowledge_selected", "_selected_action": [row.pk]})


def test_who_may_only_look_sees_no_button_and_cannot_act(client: Client, handed: Handed) -> None:
    channel = a_channel("mail", kind="email", address="ada@example.org")
    incidents.apply(a_rule(channel), [a_finding()], NOW)
    alert, message, rule = Alert.objects.get(), AlertMessage.objects.get(), AlertRule.objects.get()
    person = User.objects.create_user("looks", password="x", is_staff=True)
    names = ["view_alert", "view_alertchannel", "view_alertmessage", "view_alertrule"]
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(person)
    rows = {"alert": alert.pk, "alertchannel": channel.pk, "alertmessage": message.pk, "alertrule": rule.pk}
    for name, pk in rows.items():
        for page in ("", f"{pk}/change/"):
            response = client.get(f"{ADMIN}{name}/{page}")
            assert response.status_code == 200 and "/do/" not in response.content.decode()
            assert "ada@example.org" not in response.content.decode()
    for button in (
        f"alert/{alert.pk}/do/acknowledge/",
        f"alertchannel/{channel.pk}/do/test/",
        f"alertmessage/{message.pk}/do/again/",
    ):
        assert client.post(ADMIN + button).status_code == 403
    assert not handed.ids and Alert.objects.get().acknowledged_at is None


def test_an_alert_of_a_rule_that_is_gone_has_its_page(admin_client: Client) -> None:
    rule = a_rule()
    incidents.apply(rule, [a_finding()], NOW)
    rule.delete()
    assert "Nobody was told" in admin_client.get(f"{ADMIN}alert/{Alert.objects.get().pk}/change/").content.decode()


def test_a_channel_goes_with_its_messages_and_alerts_stay(admin_client: Client) -> None:
    channel = a_channel()
    incidents.apply(a_rule(channel), [a_finding()], NOW)
    address = f"{ADMIN}alertchannel/{channel.pk}/delete/"
    assert "alert messages: 1" in " ".join(admin_client.get(address).content.decode().split()).lower()
    assert admin_client.post(address, {"post": "yes"}).status_code == 302
    assert not AlertMessage.objects.exists() and Alert.objects.count() == 1 and AlertRule.objects.count() == 1


def test_a_message_says_all_that_it_tells(admin_client: Client) -> None:
    incidents.apply(a_rule(a_channel()), [a_finding("a"), a_finding("b")], NOW)
    html = admin_client.get(f"{ADMIN}alertmessage/{AlertMessage.objects.get().pk}/change/").content.decode()
    for row in Alert.objects.all():
        assert f"{ADMIN}alert/{row.pk}/change/" in html and f"Began: {row.title}" in html
