"""Quality in the admin: off until a judge with a price is named."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from monitoring.models import QualityScore, QualitySettings
from providers.models import Provider
from tests.monitoring.health.cast import make_provider, price

pytestmark = pytest.mark.django_db
SETTINGS, SCORES = "/admin/monitoring/qualitysettings/1/change/", "/admin/monitoring/qualityscore/"


@pytest.fixture
def bench() -> Provider:
    made = make_provider("http://127.0.0.1:9/v1", name="bench")
    price(made, "fake-large")
    return made


def given(**changes: Any) -> dict[str, Any]:
    return {"sample_percent": "1", "daily_cap": "1", "provider": "", "model": "", **changes}


def test_the_page_says_where_content_goes_and_what_scores_mean(admin_client: Client) -> None:
    text = admin_client.get(SETTINGS).content.decode()
    for words in ("sent to the judge&#x27;s vendor", "Relevance", "Safety", "Spent today", "Off by default"):
        assert words in text or words.replace("&#x27;", "'") in text, words


def test_a_judge_with_a_price_can_be_switched_on(admin_client: Client, bench: Provider) -> None:
    answer = admin_client.post(SETTINGS, given(enabled="on", provider=bench.pk, model=" fake-large "))
    assert answer.status_code == 302
    saved = QualitySettings.current()
    assert (saved.enabled, saved.model) == (True, "fake-large") and saved.provider == bench


@pytest.mark.parametrize(
    "changes, words",
    [
        ({}, "Say who judges"),
        ({"provider": "bench"}, "Say which model judges"),
        ({"provider": "bench", "model": "mystery"}, "no cap could be kept"),
        ({"sample_percent": "101"}, "less than or equal to 100"),
        ({"provider": "9" * 30}, "cannot be"),
    ],
)
def test_what_cannot_judge_is_refused(
    admin_client: Client, bench: Provider, changes: dict[str, Any], words: str
) -> None:
    changes = {name: bench.pk if value == "bench" else value for name, value in changes.items()}
    answer = admin_client.post(SETTINGS, given(enabled="on", **changes), follow=True)
    assert answer.status_code == 200 and words in answer.content.decode()
    assert not QualitySettings.objects.exists()


def test_verdicts_can_be_read_and_not_changed(admin_client: Client) -> None:
    now = timezone.now()
    row = QualityScore.objects.create(
        request_id=uuid.uuid4(), at=now, judged_at=now, provider="acme", model="<m>", relevance=0.5, judge="bench:x"
    )
    text = admin_client.get(SCORES).content.decode()
    assert "acme:&lt;m&gt;" in text and "0.5" in text
    assert admin_client.get(f"{SCORES}{row.pk}/change/").status_code == 200
    assert admin_client.get(f"{SCORES}add/").status_code == 403
