"""Circuit breakers and events on a provider's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from providers.models import BreakerState, ConfigVersion, Provider, ProviderEvent, Token
from tests.providers.test_admin_provider import LIST, SECRET, page, viewer

pytestmark = pytest.mark.django_db
State = BreakerState.State


@pytest.fixture
def provider() -> Provider:
    return Provider.objects.create(name="anthropic", vendor="anthropic", dispatch="pooled")


def opened(provider: Provider, model: str = "", *, state: str = State.OPEN) -> BreakerState:
    now = timezone.now()
    return BreakerState.objects.create(
        provider=provider,
        model=model,
        state=state,
        reason="6 of 10 calls failed",
        opened_at=now,
        until=now + timedelta(minutes=5, seconds=30),
        wait=300,
        changed_at=now,
    )


def close(client: Client, provider: Provider, model: str = "") -> str:
    reply = client.post(f"{LIST}{provider.pk}/do/close_breaker/", {"breaker": model}, follow=True)
    return reply.content.decode()


def test_the_page_shows_what_is_open_and_why(admin_client: Client, provider: Provider) -> None:
    assert "None has opened yet." in admin_client.get(page(provider)).content.decode()
    opened(provider, "claude-a<b", state=State.CLOSED)
    opened(provider, "claude-b", state=State.HALF_OPEN)
    opened(provider)
    html = admin_client.get(page(provider)).content.decode()
    assert html.index("The whole provider") < html.index("claude-b<") < html.index("claude-a&lt;b")
    assert "6 of 10 calls failed" in html
    assert ">open<" in html and ">half-open<" in html and ">closed<" in html
    assert "in 5 min" in html
    assert html.count("Close now") == 2


@pytest.mark.parametrize("model", ["", "claude-b"])
def test_closing_one_is_an_event_newer_than_what_processes_know(
    admin_client: Client, provider: Provider, model: str
) -> None:
    row, other = opened(provider, model), opened(provider, "claude-c")
    ahead = timezone.now() + timedelta(minutes=1)  # another machine's clock
    BreakerState.objects.filter(pk=row.pk).update(changed_at=ahead)
    version = ConfigVersion.bump("test")
    assert f"{model or 'its circuit breaker'} is closed. Every process" in close(admin_client, provider, model)
    row.refresh_from_db()
    assert row.state == State.CLOSED and row.changed_at > ahead and row.updated_at < ahead
    event = ProviderEvent.objects.get()
    assert (event.kind, event.model, event.before, event.after) == ("breaker", model, "open", "closed")
    assert LogEntry.objects.get().change_message.startswith("Closed ")
    assert BreakerState.objects.get(pk=other.pk).state == State.OPEN
    assert ConfigVersion.objects.get().value == version  # runtime state, and no configuration


def test_what_is_closed_or_unknown_stays_as_it_is(admin_client: Client, provider: Provider) -> None:
    opened(provider, "claude-b", state=State.CLOSED)
    for model in ("claude-b", "nothing", "a\x00b"):
        assert "closed already" in close(admin_client, provider, model)
    assert not ProviderEvent.objects.exists()


def test_closing_needs_a_post_and_the_permission(provider: Provider) -> None:
    opened(provider)
    client = viewer("view_provider")
    assert client.get(f"{LIST}{provider.pk}/do/close_breaker/").status_code == 405
    assert client.post(f"{LIST}{provider.pk}/do/close_breaker/", {"breaker": ""}).status_code == 403
    html = client.get(page(provider)).content.decode()
    assert "6 of 10 calls failed" in html and "Close now" not in html
    assert BreakerState.objects.get().state == State.OPEN


def test_the_last_twenty_events_stand_on_the_page_newest_first(admin_client: Client, provider: Provider) -> None:
    token = Token.objects.create(provider=provider, secret=SECRET, label="main")
    now = timezone.now()
    ProviderEvent.objects.bulk_create(
        ProviderEvent(
            at=now - timedelta(minutes=number),
            kind=ProviderEvent.Kind.TOKEN,
            provider=provider,
            token=token,
            before="healthy",
            after="cooling",
            reason=f"<reason {number}.>",
        )
        for number in range(25)
    )
    with CaptureQueriesContext(connection) as seen:
        html = admin_client.get(page(provider)).content.decode()
    shown = [number for number in range(25) if f"&lt;reason {number}.&gt;" in html]
    assert shown == list(range(20))
    assert html.index("reason 0.") < html.index("reason 19.")
    assert "healthy → cooling" in html and f"main ({token.fingerprint})" in html
    assert SECRET not in html
    events = [one["sql"] for one in seen if "providers_providerevent" in one["sql"]]
    assert len(events) == 1 and '"secret"' not in events[0]
