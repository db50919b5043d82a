"""Judging a sample, end to end with a judge that a test scripts."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from gateway.exchange import Exchange, uuid7
from gateway.models import Team
from monitoring.access import Viewer, viewer_of_user
from monitoring.log_writer import LogWriter
from monitoring.models import QualityScore, QualitySettings, RequestContent, RequestLog
from monitoring.quality import figures, work
from monitoring.rollups.figures import Span
from providers.crypto import encrypt
from providers.models import Provider
from tests.fake_vendor import Answer, FakeVendor, failing, in_thread
from tests.fake_vendor.connection import Received
from tests.monitoring.health.cast import make_provider, price

pytestmark = pytest.mark.django_db
EVERYTHING = Viewer(teams=None, name="root")


class Judge(FakeVendor):
    """Gives a verdict with the mark it was told."""

    scores: dict[str, Any] = {"relevance": 0.9, "coherence": 0.8, "accuracy": None, "safety": 1}

    def _unscripted(self, request: Received, path: str, query: str) -> Answer:
        asked = request.json if isinstance(request.json, dict) else {}
        system = str(asked.get("messages", [{}])[0].get("content", ""))
        mark = re.search(r'"mark": "([0-9a-f]+)"', system)
        return Answer(text=json.dumps({"mark": mark[1] if mark else "", **self.scores}))


@pytest.fixture
def vendor() -> Iterator[Judge]:
    with in_thread(Judge()) as made:
        assert isinstance(made, Judge)
        yield made


@pytest.fixture
def judge_at(vendor: Judge) -> Provider:
    made = make_provider(vendor.url, name="bench")
    price(made, "fake-large")
    return made


@pytest.fixture
def team() -> Team:
    return Team.objects.create(name="Shop", store_content=True)


def switch_on(judge_at: Provider, **changes: Any) -> None:
    given = {"enabled": True, "provider": judge_at, "model": "fake-large", "sample_percent": Decimal(100)}
    QualitySettings(**{**given, **changes}).save()


def said(team: Team | None, answer: str = "Four.", *, ago: float = 60, model: str = "m1", **fields: Any) -> uuid.UUID:
    request = {"messages": [{"role": "user", "content": "2+2?"}]}
    body = json.dumps({"choices": [{"message": {"content": answer}}]})
    plain = {"request": json.dumps(request), "answer": body, "cut": False}
    given: dict[str, Any] = {
        "id": uuid7(),
        "started_at": int((time.time() - ago) * 1e6),
        "endpoint": "chat.completions",
        "team_id": team.pk if team else 0,
        "team": team.name if team else "",
        "provider": "acme",
        "model": model,
        "status": 200,
        "ended_by": "done",
        "content": encrypt(json.dumps(plain)),
        "attempts": [],
    }
    one = Exchange(**{**given, **fields})
    LogWriter().take([one])
    return uuid.UUID(one.id)


def test_it_is_off_by_default(judge_at: Provider, vendor: Judge, team: Team) -> None:
    said(team)
    assert work.judge_sample() == 0 and not vendor.requests and not QualityScore.objects.exists()


def test_an_answer_is_scored_once(judge_at: Provider, vendor: Judge, team: Team) -> None:
    switch_on(judge_at)
    pk = said(team)
    assert [work.judge_sample(), work.judge_sample()] == [1, 0]
    score = QualityScore.objects.get()
    assert score.pk == pk and (score.relevance, score.coherence, score.accuracy, score.safety) == (0.9, 0.8, None, 1.0)
    assert (score.team, score.provider, score.model, score.judge) == ("Shop", "acme", "m1", "bench:fake-large")
    row = RequestLog.objects.get(endpoint="quality.judge")
    assert score.cost_nano == row.cost_nano and row.cost_nano and row.team_id is None
    prompt = vendor.calls()[0].json["messages"][1]["content"]
    assert "user: 2+2?" in prompt and "Four." in prompt


def test_it_never_judges_its_own_rows_nor_what_is_no_chat_nor_what_failed(
    judge_at: Provider, vendor: Judge, team: Team
) -> None:
    switch_on(judge_at)
    said(team, endpoint="quality.judge")
    said(team, endpoint="embeddings")
    said(team, ended_by="failed", status=502)
    said(team, cache="hit")
    said(team, ago=7200)
    said(team, content=b"")
    assert work.judge_sample() == 0 and not vendor.requests
    said(team)
    assert work.judge_sample() == 1
    assert not RequestContent.objects.filter(
        request_id__in=RequestLog.objects.filter(endpoint="quality.judge", team_id=None).values("id")
    ).exists()


def test_only_teams_that_store_content_are_judged(judge_at: Provider, vendor: Judge, team: Team) -> None:
    switch_on(judge_at)
    said(team)
    said(None)
    Team.objects.update(store_content=False)
    assert work.judge_sample() == 0 and not vendor.requests


def test_a_bad_reply_is_counted_and_noted_and_guessed_never(judge_at: Provider, vendor: Judge, team: Team) -> None:
    switch_on(judge_at)
    vendor.scores = {"relevance": "very", "coherence": 1, "accuracy": 1, "safety": 1}
    said(team)
    assert work.judge_sample() == 1
    score = QualityScore.objects.get()
    assert score.relevance is None and score.safety is None and "relevance" in score.note
    found = figures.totals(EVERYTHING, span())
    assert (found.judged, found.unread, found.relevance) == (0, 1, None) and found.cost_nano == score.cost_nano


def test_a_judge_that_is_away_is_noted(judge_at: Provider, vendor: Judge, team: Team) -> None:
    switch_on(judge_at)
    vendor.script(failing(500))
    said(team)
    assert work.judge_sample() == 1
    score = QualityScore.objects.get()
    assert score.note.startswith("The judge did not answer") and score.cost_nano == 0


def test_it_stops_at_the_daily_cap(judge_at: Provider, vendor: Judge, team: Team) -> None:
    for _ in range(5):
        said(team)
    switch_on(judge_at, daily_cap=Decimal(0))
    assert work.judge_sample() == 0
    switch_on(judge_at, daily_cap=Decimal("0.05"))
    assert work.judge_sample() == 5
    QualityScore.objects.update(cost_nano=50_000_000, judged_at=timezone.now())
    said(team)
    assert work.judge_sample() == 0


def test_without_a_price_no_cap_can_be_kept_and_nothing_is_judged(
    judge_at: Provider, vendor: Judge, team: Team
) -> None:
    switch_on(judge_at, model="mystery")
    said(team)
    assert work.judge_sample() == 0 and not vendor.requests


def test_the_sample_is_the_same_for_everybody_and_about_as_large_as_asked() -> None:
    ids = [uuid.UUID(int=number) for number in range(20_000)]
    taken = [one for one in ids if work.is_sampled(one, Decimal("2.5"))]
    assert taken == [one for one in ids if work.is_sampled(one, Decimal("2.5"))]
    assert 350 < len(taken) < 650
    assert all(work.is_sampled(one, Decimal(100)) for one in ids[:100])
    assert set(taken) <= {one for one in ids if work.is_sampled(one, Decimal(10))}


def test_what_died_with_its_process_is_not_paid_for_twice(
    judge_at: Provider, vendor: Judge, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_on(judge_at)
    said(team)
    with monkeypatch.context() as patch:
        patch.setattr(work, "ask", _dies)
        with pytest.raises(SystemExit):
            work.judge_sample()
    assert QualityScore.objects.get().note == work.ASKED and QualityScore.objects.get().cost_nano
    assert work.judge_sample() == 0 and not vendor.requests


def _dies(*_: Any, **__: Any) -> None:
    raise SystemExit


def span(hours: float = 2) -> Span:
    until = timezone.now() + timedelta(seconds=5)
    return Span(since=until - timedelta(hours=hours), until=until)


def score(team: Team | None, model: str, relevance: float | None, *, note: str = "", ago: float = 60) -> None:
    at = timezone.now() - timedelta(seconds=ago)
    QualityScore.objects.create(
        request_id=uuid.uuid4(), at=at, judged_at=at, team_id=team.pk if team else None, team=team.name if team else "",
        provider="acme", model=model, relevance=relevance, note=note, cost_nano=7,
    )  # fmt: skip


def test_means_by_model_and_team(team: Team) -> None:
    other = Team.objects.create(name="Lab")
    for relevance in (1.0, 0.5, None):
        score(team, "m1", relevance)
    score(other, "m2", 0.2)
    score(other, "m2", None, note="The judge gave no verdict.")
    by_model = figures.scores(EVERYTHING, span())
    assert [(one.key, one.judged, one.unread, one.relevance) for one in by_model] == [
        ("m1", 3, 0, 0.75),
        ("m2", 1, 1, 0.2),
    ]
    by_team = figures.scores(EVERYTHING, span(), by="team")
    assert {(one.key, one.label) for one in by_team} == {(str(team.pk), "Shop"), (str(other.pk), "Lab")}
    with pytest.raises(ValueError, match="by is one of"):
        figures.scores(EVERYTHING, span(), by="password")


def test_a_member_sees_their_own_team_only(team: Team) -> None:
    other = Team.objects.create(name="Lab")
    score(team, "m1", 1.0)
    score(other, "m2", 0.0)
    user = get_user_model().objects.create_user("mia", password="x")
    team.members.add(user)
    viewer = viewer_of_user(user)
    assert [one.key for one in figures.scores(viewer, span())] == ["m1"]
    assert figures.totals(viewer, span()).relevance == 1.0 and figures.totals(viewer, span()).cost_nano == 0
    assert sum(point.scores.judged for point in figures.series(viewer, span())) == 1
    nobody = Viewer(teams=frozenset(), name="")
    assert figures.scores(nobody, span()) == [] and figures.totals(nobody, span()).judged == 0


@pytest.mark.parametrize("hours, points", [(5, (5, 7)), (24 * 30, (30, 32))])
def test_a_series_has_no_gap(team: Team, hours: int, points: tuple[int, int]) -> None:
    score(team, "m1", 0.5)
    found = figures.series(EVERYTHING, span(hours))
    assert points[0] <= len(found) <= points[1]
    assert sum(point.scores.judged for point in found) == 1 and found[0].scores.relevance is None
    assert max(point.scores.relevance or 0 for point in found) == 0.5
