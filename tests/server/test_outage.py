"""Providers that die and come back, at a running server: everything that tells of it tells the same.

One refuses connections and is back without anybody calling it; one answers 503 and is back with its calls; one fails
once. The story takes two minutes, so it is told once and each test looks at it.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from monitoring.alerts.signing import HEADER, verify
from tests.fake_vendor import Answer, FakeVendor, failing, in_thread
from tests.monitoring.alerts.cast import Receiver, receiver
from tests.server.running import KEY, PASSWORD, Server, acme, running

pytestmark = [pytest.mark.services, pytest.mark.timeout(480)]  # for its length: it waits for the timetable
DIES, FAILS, STUMBLES = "openai_compatible", "groq", "mistral"
ILL = (DIES, FAILS)
CHAT = "/v1/chat/completions"
SIGNING_SECRET = "a signing secret for the outage"
ROUND, EVALUATION, SLACK = 15, 30, 20  # seconds: of the timetable, and for a busy machine
SETUP = """
from monitoring.alerts.defaults import ensure_defaults
from gateway.models import RoutingSettings
from monitoring.models import AlertChannel, AlertRule, HealthSettings
RoutingSettings(breaker_longest=20).save()
HealthSettings(window_minutes=1, least_failures=3, recover_after=2, probe_minutes=1).save()
ensure_defaults()
rule = AlertRule.objects.get(kind="provider_down")
rule.wait_minutes = rule.calm_minutes = rule.group_seconds = rule.repeat_minutes = 0
rule.save()
rule.channels.add(AlertChannel.objects.create(name="ops", kind="webhook", address={url!r}, secret={secret!r}))
"""


class Site:
    """The superuser, without a browser."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.http = httpx.Client(base_url=server.url, timeout=20)
        self.http.get("/admin/login/")
        form = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": self.http.cookies["csrftoken"]}
        assert self.http.post("/admin/login/", data=form, headers={"referer": server.url}).status_code == 302

    def get(self, path: str) -> Any:
        return self.http.get(path).raise_for_status().json()

    def states(self) -> dict[str, dict[str, Any]]:
        return {one["provider"]: one for one in self.get("/providers/health")["states"]}

    def board(self) -> dict[str, str]:
        """What the cards of the dashboard say."""
        page = self.http.get("/dashboards/providers/").raise_for_status().text
        cards = re.findall(r'<article[^>]*aria-labelledby="provider-([^"]+)">(.*?)</article>', page, re.DOTALL)
        badge = re.compile(r'class="badge" data-kind="(\w+)">(\w+)<')
        found = {name: match.groups() for name, card in cards if (match := badge.search(card))}
        assert all(kind == word.lower() for kind, word in found.values())
        return {name: kind for name, (kind, _) in found.items()}

    def call(self, provider: str) -> int:
        body = {
            "model": f"ext-{provider.replace('_', '-')}-fake-large",
            "messages": [{"role": "user", "content": "Hi"}],
        }
        headers = {"authorization": f"Bearer {KEY}"}
        return self.http.post(CHAT, json=body, headers=headers).status_code


class Watcher(threading.Thread):
    """Somebody at the live log; ``events`` as they came, without those that an earlier message held."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.site, self.over, self.here = site, threading.Event(), threading.Event()
        self.events: dict[str, dict[str, Any]] = {}

    def run(self) -> None:
        url = self.site.server.url.replace("http", "ws") + "/ws/logs/"
        headers = {"cookie": f"sessionid={self.site.http.cookies['sessionid']}"}
        with connect(url, origin=Origin(self.site.server.url), additional_headers=headers) as socket:
            self.here.set()
            while not self.over.is_set():
                with suppress(TimeoutError):
                    for event in json.loads(socket.recv(timeout=0.2)).get("events", ()):
                        self.events.setdefault(event["id"], event)

    def health(self, provider: str) -> list[dict[str, Any]]:
        return [one for one in self.events.values() if one["kind"] == "health" and one["provider"] == provider]


@dataclass
class Seen:
    """What everything said at one moment."""

    states: dict[str, dict[str, Any]]
    status: dict[str, Any]
    board: dict[str, str]
    alerts: list[tuple[object, ...]]


@dataclass
class Story:
    """Times are seconds since the epoch."""

    died: float = 0
    back: float = 0
    during: Seen = field(init=False)
    recovered: dict[str, dict[str, Any]] = field(default_factory=dict)  # states, as soon as both were well
    after: Seen = field(init=False)
    health: dict[str, Any] = field(default_factory=dict)
    logs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    alert_events: list[dict[str, Any]] = field(default_factory=list)
    news: list[dict[str, Any]] = field(default_factory=list)  # what the webhook was told, in order
    signed: bool = False
    calls_while_back: int = 0

    def outage(self, provider: str) -> dict[str, Any]:
        """The only one that was down; a degraded moment before it belongs to it."""
        (found,) = [one for one in self.health["outages"] if one["provider"] == provider]
        return dict(found)


def seen(site: Site) -> Seen:
    return Seen(
        states=site.states(),
        status=site.get("/providers/status"),
        board=site.board(),
        alerts=site.server.query("SELECT subject, state FROM monitoring_alert ORDER BY id"),
    )


def until(so: Callable[[], object], *, within: float, what: str, meanwhile: Callable[[], object] | None = None) -> None:
    ends = time.monotonic() + within
    while not so():
        assert time.monotonic() < ends, what
        if meanwhile is not None:
            meanwhile()
        time.sleep(0.5)


def news_of(hook: Receiver) -> list[dict[str, Any]]:
    return [alert for _, _, body in hook.got for alert in json.loads(body)["alerts"]]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with in_thread() as dying, in_thread() as ailing, in_thread() as stumbling, receiver() as hook:
        environ = acme(dying.url, TOKEN_TEST_MINUTES="0")
        for name, vendor in ((FAILS, ailing), (STUMBLES, stumbling)):
            environ |= {f"{name.upper()}_ENABLED": "1", f"{name.upper()}_BASE_URL": vendor.url}
            environ |= {f"{name.upper()}_API_KEY": f"token-of-{name}"}
        with running(tmp_path_factory.mktemp("outage"), **environ) as server:
            server.manage("shell", "-c", SETUP.format(url=hook.url, secret=SIGNING_SECRET))
            site = Site(server)
            watcher = Watcher(site)
            watcher.start()
            assert watcher.here.wait(10)
            yield told(site, watcher, hook, dying, ailing, stumbling)
            watcher.over.set()
            watcher.join(5)
            site.http.close()


def told(
    site: Site, watcher: Watcher, hook: Receiver, dying: FakeVendor, ailing: FakeVendor, stumbling: FakeVendor
) -> Story:
    story = Story()

    def all_are(word: str) -> bool:
        states = site.states()
        return all(states.get(name, {}).get("status") == word for name in ILL)

    stumbling.script(failing(500), path=CHAT, times=1)
    assert [site.call(one) for one in (DIES, FAILS, STUMBLES)] == [200, 200, 200]
    until(lambda: all_are("healthy"), within=2 * ROUND + SLACK, what="they were never healthy")

    def call_all() -> None:
        for one in ILL:
            site.call(one)

    def last_news(event: str) -> bool:
        last = {one["subject"]: one["event"] for one in news_of(hook)}
        return [last.get(f"provider:{one}") for one in ILL] == [event, event]

    story.died = time.time()
    dying.switch(on=False)
    ailing.script(failing(503), path=CHAT)
    until(lambda: all_are("down"), within=80, what="they were not down", meanwhile=call_all)
    until(lambda: last_news("firing") and all_are("down"), within=120, what="nobody was told", meanwhile=call_all)
    story.during = seen(site)

    story.back = time.time()
    dying.switch(on=True)
    ailing.script(Answer(), path=CHAT)
    before = len(dying.calls())
    until(lambda: all_are("healthy"), within=150, what="they did not come back", meanwhile=lambda: site.call(FAILS))
    story.recovered = site.states()
    story.calls_while_back = len(dying.calls()) - before
    until(lambda: last_news("recovery"), within=EVALUATION + SLACK, what="nobody was told that it is over")
    until(lambda: all(len(watcher.health(one)) >= 2 for one in ILL), within=5, what="the live log does not tell")
    story.after = seen(site)
    tell_the_rest(story, site, watcher, hook)
    return story


def tell_the_rest(story: Story, site: Site, watcher: Watcher, hook: Receiver) -> None:
    story.health = site.get("/providers/health")
    for name in (*ILL, STUMBLES):
        found = site.get(f"/api/monitoring/providers/{name}/logs?event=health&limit=100")["data"]
        story.logs[name] = sorted(found, key=lambda one: one["id"])
        story.events[name] = sorted(watcher.health(name), key=lambda one: one["time"])
    alerts = [one for one in watcher.events.values() if one["kind"] == "alert"]
    story.alert_events = sorted(alerts, key=lambda one: one["time"])
    story.news = news_of(hook)
    story.signed = all(verify(SIGNING_SECRET, body, headers[HEADER], now=time.time()) for _, headers, body in hook.got)


def moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def of_provider(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without those of single models."""
    return [one for one in events if not one.get("model")]


@pytest.mark.parametrize(("when", "word"), [("during", "down"), ("after", "healthy")])
def test_health_status_and_the_board_say_the_same(story: Story, when: str, word: str) -> None:
    seen_then: Seen = getattr(story, when)
    status = {one["name"]: one["status"] for one in seen_then.status["data"]}
    for name in ILL:
        assert (seen_then.states[name]["status"], status[name], seen_then.board[name]) == (word,) * 3, name
    assert seen_then.status["summary"][word] >= 2
    assert status[STUMBLES] == seen_then.board[STUMBLES] == seen_then.states[STUMBLES]["status"] == "healthy"


@pytest.mark.parametrize("provider", ILL)
def test_the_history_holds_one_outage_with_its_times(story: Story, provider: str) -> None:
    outage = story.outage(provider)
    assert (outage["status"], outage["model"]) == ("down", "")
    began, ended = moment(outage["began_at"]), moment(outage["ended_at"])
    assert 0 <= began - story.died < 80
    assert story.back <= ended < story.back + 150
    assert story.after.states[provider]["since"] == outage["ended_at"]
    (up,) = [one for one in story.health["uptimes"] if one["provider"] == provider]
    assert up["outages"] == 1 and up["share"] < 1
    assert up["mean_recovery_s"] == pytest.approx(ended - began, abs=2 * ROUND), "from down, not from degraded"


@pytest.mark.parametrize("provider", ILL)
def test_event_log_and_live_log_tell_it_in_order_at_the_same_times(story: Story, provider: str) -> None:
    outage = story.outage(provider)
    times = [moment(outage["began_at"]) * 1000, moment(outage["ended_at"]) * 1000]
    logged, live = of_provider(story.logs[provider]), of_provider(story.events[provider])
    assert {one["provider"] for one in (*logged, *live)} == {provider}
    turns = [one for one in live if one.get("before")]
    words = [one["after"] for one in turns]
    assert words[-1] == "healthy" and "down" in words
    assert words.index("down") < len(words) - 1 and words[words.index("down") :].count("healthy") == 1
    for end, word, level in ((0, "down", "error"), (-1, "healthy", "info")):
        entry = next(one for one in logged if abs(one["at"] - times[end]) < 1000)
        assert word in entry["message"] or (end == 0 and "degraded" in entry["message"])
        assert entry["level"] in (level, "warning")
        assert [one for one in turns if abs(one["time"] - times[end]) < 1000]


@pytest.mark.parametrize("provider", ILL)
def test_each_alert_is_told_with_its_end(story: Story, provider: str) -> None:
    """More than one, where its breaker let calls through for a moment: then it was not down, but still ill."""
    outage = story.outage(provider)
    subject = f"provider:{provider}"
    assert (subject, "firing") in story.during.alerts
    assert {state for about, state in story.after.alerts if about == subject} == {"ended"}
    news = [one for one in story.news if one["subject"] == subject]
    pairs = list(zip(news[::2], news[1::2], strict=True))
    for began, over in pairs:
        assert (began["event"], began["status"], began["ended_at"]) == ("firing", "open", None)
        assert (over["event"], over["status"], over["id"]) == ("recovery", "over", began["id"])
        assert began["severity"] == "critical" and provider in began["title"]
    assert -1 <= moment(news[0]["began_at"]) - moment(outage["began_at"]) < EVALUATION + SLACK
    assert story.back - SLACK < moment(news[-1]["ended_at"]) < moment(outage["ended_at"]) + EVALUATION + SLACK
    live = [one["level"] for one in story.alert_events if provider in one["title"]]
    assert live == ["bad", "good"] * len(pairs)
    assert story.signed


def test_what_nobody_calls_comes_back_by_its_free_probe(story: Story) -> None:
    assert story.calls_while_back == 0
    assert story.recovered[DIES]["signal"] == "probe"
    probes = [one for one in story.health["checks"] if one["provider"] == DIES and one["kind"] == "probe"]
    assert probes[0]["ok"] and moment(probes[0]["at"]) >= story.back
    assert any(one["ok"] is False and moment(one["at"]) < story.back for one in probes)


def test_what_is_called_comes_back_by_its_calls(story: Story) -> None:
    assert story.recovered[FAILS]["signal"] == "traffic"


def test_one_error_makes_no_outage(story: Story) -> None:
    assert not [one for one in story.health["outages"] if one["provider"] == STUMBLES]
    assert not [one for one in story.news if STUMBLES in one["subject"]]
    assert not [one for one in story.events[STUMBLES] if one["after"] in ("down", "degraded")]
