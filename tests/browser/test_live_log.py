"""The live log's page in a real browser, against a real server in this process."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright

from gateway.events import exchange_closed, exchange_opened
from gateway.exchange import Attempt, Exchange
from gateway.models import Team
from monitoring.live import feed
from monitoring.live.routing import websocket_application
from providers.happenings import Happening, happened
from providers.models import Provider, ProviderEvent
from tests.monitoring.live_cast import exchange, in_memory_layer, log_row, person, session_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


class Server:
    """The site and the socket, on a loop in a thread of its own."""

    def __init__(self, *, port: int = 0) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port: int = self._listener.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self._site = ASGIStaticFilesHandler(get_asgi_application())
        config = uvicorn.Config(
            self._application, interface="asgi3", lifespan="on", log_level="error", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> Server:
        self._thread.start()
        assert self._started.wait(10)
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def tell(self, *told: Exchange) -> None:
        """As the gateway does when requests end (or, without an ending, begin)."""
        assert self._loop is not None
        for one in told:
            topic = exchange_closed if one.ended_by else exchange_opened
            self._loop.call_soon_threadsafe(topic.tell, one)

    def _run(self) -> None:
        with in_memory_layer():
            asyncio.run(self._server.serve(sockets=[self._listener]))

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await websocket_application(scope, receive, send)
        else:
            await self._site(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        self._loop = asyncio.get_running_loop()
        await feed.start()
        await send({"type": "lifespan.startup.complete"})
        self._started.set()
        await receive()
        await feed.stop()
        await send({"type": "lifespan.shutdown.complete"})


@pytest.fixture
def server(db: None) -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright's loop runs in this thread; the tests use the ORM in it
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium_path, args=FLAGS) as opened,
    ):
        yield opened
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test if a script on it fails or breaks the page's policy."""
    problems: list[str] = []
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda line: problems.append(line.text) if "Content Security" in line.text else None)
    yield opened
    context.close()
    assert problems == []


def watch(page: Page, server: Server, session: str) -> None:
    """Opens the page with the cookie of a session and waits until it is live."""
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": server.address}])
    page.goto(f"{server.address}/live/")
    page.wait_for_selector("#connection[data-state=live]")


def models(page: Page) -> list[str]:
    return list(page.locator("#rows tr .model .main").all_inner_texts())


def wait_for_models(page: Page, expected: list[str]) -> None:
    shown = "() => [...document.querySelectorAll('#rows tr .model .main')].map(cell => cell.textContent).join()"
    page.wait_for_function(f"(expected) => ({shown})() === expected", arg=",".join(expected))


@pytest.fixture
def ada(db: None) -> str:
    return session_of(person("ada", staff=True))


def at(second: int, **changes: Any) -> Exchange:
    return exchange(started_at=1_800_000_000_000_000 + second * 1_000_000, **changes)


def test_rows_appear_newest_first_and_filters_choose_among_them(ada: str, server: Server, page: Page) -> None:
    log_row(model="from-the-log")
    watch(page, server, ada)
    wait_for_models(page, ["from-the-log"])
    server.tell(
        at(1, model="good", provider="openai", api_key="shop"),
        at(2, model="refused", provider="groq", api_key="desk", status=429, ended_by="failed", error_code="rate_limit"),
        at(3, model="gone", provider="groq", api_key="desk", status=499, ended_by="cancelled"),
        at(4, model="broken", provider="openai", api_key="desk", status=200, ended_by="failed"),
    )
    wait_for_models(page, ["broken", "gone", "refused", "good", "from-the-log"])
    page.select_option("select[name=provider]", "groq")
    wait_for_models(page, ["gone", "refused"])
    page.select_option("select[name=status]", "4xx")
    wait_for_models(page, ["refused"])
    assert page.url.endswith("/live/?provider=groq&status=4xx")
    page.reload()
    page.wait_for_selector("#connection[data-state=live]")
    assert page.input_value("select[name=provider]") == "groq"
    server.tell(at(5, model="shown", provider="groq", status=404, ended_by="failed"), at(6, model="not-shown"))
    wait_for_models(page, ["shown"])
    page.select_option("select[name=status]", "5xx")
    page.click("#reset")
    wait_for_models(page, ["not-shown", "shown", "from-the-log"])
    page.fill("#filter-text", "SHOWN")
    wait_for_models(page, ["not-shown", "shown"])


def test_pause_holds_rows_back_and_clear_takes_them_away(ada: str, server: Server, page: Page) -> None:
    watch(page, server, ada)
    server.tell(at(1, model="one"))
    wait_for_models(page, ["one"])
    page.click("#pause")
    server.tell(at(2, model="two"), at(3, model="three"))
    page.wait_for_selector("text=Resume · 2 waiting")
    assert models(page) == ["one"]
    page.click("#pause")
    wait_for_models(page, ["three", "two", "one"])
    page.click("#clear")
    wait_for_models(page, [])
    assert page.inner_text("#empty-text") == "Waiting for requests."


def test_a_running_request_shows_and_turns_into_its_end(ada: str, server: Server, page: Page) -> None:
    watch(page, server, ada)
    server.tell(exchange(id="slow", model="", requested_model="slow-one", ended_by="", status=0))
    page.wait_for_selector("#rows .badge[data-kind=running]")
    server.tell(exchange(id="slow", model="slow-one", requested_model="slow-one"))
    page.wait_for_selector("#rows .badge[data-kind='2xx']")
    assert models(page) == ["slow-one"]


def test_a_flood_is_thinned_out_and_the_page_says_so(ada: str, server: Server, page: Page) -> None:
    watch(page, server, ada)
    for _ in range(14):
        server.tell(*[exchange() for _ in range(300)])
        page.wait_for_timeout(110)
    page.wait_for_selector("#left-out:not([hidden])")
    left_out = int(page.inner_text("#left-out span").split()[0].replace(",", ""))
    shown, known = (int(number.replace(",", "")) for number in page.inner_text("#count").split()[:3:2])
    assert shown == len(models(page)) == 500
    assert known + left_out == 14 * 300


def test_text_from_outside_stays_text(ada: str, server: Server, page: Page) -> None:
    markup = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
    watch(page, server, ada)
    server.tell(
        at(
            1,
            model=markup,
            requested_model=markup,
            api_key=markup,
            provider=markup,
            team=markup,
            error_code=markup,
            error_message=markup,
            status=502,
            ended_by="failed",
            attempts=[Attempt(provider=markup, model=markup, reason=markup, error=markup)],
        )
    )
    wait_for_models(page, [markup])
    page.click("#rows tr")
    assert markup in page.inner_text("#details-body")
    assert page.locator("#log img, #log script").count() == 0
    assert "owned" not in page.title()


def test_details_open_and_close_by_keyboard(ada: str, server: Server, page: Page) -> None:
    failed = Attempt(provider="groq", model="llama", status=429, error="rate_limit_exceeded", verdict="next_target")
    watch(page, server, ada)
    server.tell(
        at(1, id="the-older", model="older"),
        at(2, model="newer", attempts=[failed, Attempt(provider="openai", model="m")]),
    )
    wait_for_models(page, ["newer", "older"])
    page.focus("#filter-text")
    page.keyboard.press("Tab")
    while not page.evaluate("document.activeElement.classList.contains('open')"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert "429 rate_limit_exceeded" in page.inner_text("#details-body .attempts")
    assert "2 attempts" in page.inner_text("#details-body")
    page.keyboard.press("Escape")
    assert page.is_hidden("#details")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.get_attribute("#details-body a.button", "href") == "/admin/monitoring/requestlog/the-older/change/"


def test_a_member_signs_in_and_sees_only_the_own_teams_rows(server: Server, page: Page) -> None:
    blue = Team.objects.create(name="blue").pk
    person("bob", teams=[Team.objects.get()], password="correct horse")
    page.goto(f"{server.address}/live/")
    page.fill("#id_username", "bob")
    page.fill("#id_password", "correct horse")
    page.click("button[type=submit]")
    page.wait_for_selector("#connection[data-state=live]")
    server.tell(at(1, model="of-red", team_id=blue + 1), at(2, model="of-none"), at(3, model="of-blue", team_id=blue))
    wait_for_models(page, ["of-blue"])
    page.click("#rows tr")
    assert page.locator("a[href*=admin]").count() == 0


def test_it_comes_back_by_itself_after_a_restart(ada: str, db: None, page: Page) -> None:
    with Server() as first:
        watch(page, first, ada)
        first.tell(at(1, model="before"))
        wait_for_models(page, ["before"])
    page.wait_for_selector("#connection[data-state=waiting]")
    log_row(model="meanwhile")
    with Server(port=first.port) as second:
        page.wait_for_selector("#connection[data-state=live]", timeout=15_000)
        second.tell(at(3, model="after"))
        page.wait_for_function("() => document.querySelectorAll('#rows tr').length === 3")
        assert sorted(models(page)) == ["after", "before", "meanwhile"]


def test_it_fits_a_phone(ada: str, server: Server, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    watch(page, server, ada)
    server.tell(at(1, model="a-model-with-a-very-long-name/that-never-ends-" * 3, team="a team with a long name too"))
    page.wait_for_selector("#rows tr")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("#rows tr")
    assert page.is_visible("#details")


def tell_of_events(*told: Happening) -> None:
    """As the pool's thread does."""
    thread = threading.Thread(target=lambda: [happened.tell(one) for one in told])
    thread.start()
    thread.join()


def event(seconds: float, **changes: Any) -> Happening:
    base = {"kind": "breaker", "provider": "openai", "before": "closed", "after": "open", "reason": "8 of 10 failed"}
    return Happening(**{**base, "at": 1_800_000_000 + seconds, **changes})


def test_events_stand_among_the_requests_and_can_be_filtered(ada: str, server: Server, page: Page) -> None:
    watch(page, server, ada)
    server.tell(at(1, model="before"), at(3, model="after"))
    tell_of_events(event(2), event(4, kind="token", token="fp-12ab", after="healthy", reason="", provider="groq"))
    page.wait_for_function("() => document.querySelectorAll('#rows tr').length === 4")
    rows = page.locator("#rows tr")
    assert [name and "event" in name for name in (rows.nth(n).get_attribute("class") for n in range(4))] == [
        True,
        False,
        True,
        False,
    ]
    assert rows.nth(2).locator(".badge").inner_text().split() == ["✕", "breaker"]
    assert rows.nth(2).locator(".model .main").inner_text() == "openai: Circuit breaker opened"
    assert page.inner_text("#count") == "2 of 2 requests · 2 events"
    page.select_option("select[name=status]", "events")
    assert models(page) == ["groq · fp-12ab: Token works again", "openai: Circuit breaker opened"]
    page.select_option("select[name=provider]", "openai")
    assert models(page) == ["openai: Circuit breaker opened"]
    page.select_option("select[name=provider]", "")
    page.select_option("select[name=status]", "requests")
    assert models(page) == ["after", "before"]
    page.select_option("select[name=status]", "")
    page.fill("#filter-text", "8 of 10")
    assert models(page) == ["openai: Circuit breaker opened"]
    page.click("#rows tr")
    told = page.inner_text("#details")
    assert "Event" in told and "8 of 10 failed" in told and "closed → open" in told
    right = "(part) => document.querySelector(`.rows ${part}`).getBoundingClientRect().right"
    assert abs(page.evaluate(right, "tr.event") - page.evaluate(right, "th:last-child")) < 1, "no column too many"
    page.keyboard.press("Escape")
    assert page.is_hidden("#details")


def test_an_event_from_the_database_is_shown_once(ada: str, server: Server, page: Page) -> None:
    provider = Provider.objects.create(name="acme", vendor="openai")
    stored = ProviderEvent.objects.create(
        at=timezone.now(), kind="pool", provider=provider, after="low", reason="1 of 3"
    )
    watch(page, server, ada)
    page.wait_for_selector("#rows tr.event")
    tell_of_events(
        event(0, kind="pool", provider="acme", before="", after="low", reason="1 of 3", at=stored.at.timestamp()),
        event(1, kind="pool", provider="acme", before="low", after="enough"),
    )
    page.wait_for_function("() => document.querySelectorAll('#rows tr').length === 2")
    assert models(page) == ["acme: Enough tokens in the pool again", "acme: Few tokens left in the pool"]


def test_an_events_words_stay_text_and_fit_a_phone(ada: str, server: Server, page: Page) -> None:
    markup = "<img src=x onerror=\"document.title='owned'\">" + "never-ending" * 40
    page.set_viewport_size({"width": 390, "height": 844})
    watch(page, server, ada)
    tell_of_events(event(1, reason=markup, model=markup))
    page.wait_for_selector("#rows tr.event")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("#rows tr")
    assert page.locator("#log img").count() == 0
    assert "owned" not in page.title()
