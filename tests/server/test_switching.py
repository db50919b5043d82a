"""Providers are switched, re-pointed and re-keyed while streams run: those finish, and the next request sees it.

Both when the admin of the serving process makes the change, and when another process does."""

from __future__ import annotations

import http.client
import json
import re
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from tests.chaos.figures import show
from tests.fake_vendor import Answer, FakeVendor, in_thread
from tests.server.running import KEY, PASSWORD, ROOT, Server, running

pytestmark = pytest.mark.services  # some 15 s: the fast suite stays fast

IN_PROCESS, ANYWHERE = 0.1, 1.0  # seconds within which a change is seen
STREAMS = 3  # under way while each change is made
WORDS = [f"word{number}" for number in range(40)]
OLD, NEW, NEWER = "old-secret", "new-secret", "newer-secret"
PROVIDER = "acme"
Change = tuple[Callable[[], None], Callable[[str], bool]]  # makes it, and whether an answer shows it
OBEY = "import sys\nfor line in sys.stdin:\n    exec(line)\n    print('done', flush=True)"


class Admin:
    """The superuser at the site of the process that serves."""

    def __init__(self, server: Server) -> None:
        self.http = httpx.Client(base_url=server.url, timeout=20)
        self.http.get("/admin/login/")
        self.post("/admin/login/", username="admin", password=PASSWORD)

    def close(self) -> None:
        self.http.close()

    def post(self, path: str, **form: str) -> None:
        csrf = self.http.cookies.get("csrftoken") or ""
        reply = self.http.post(path, data={"csrfmiddlewaretoken": csrf, **form})
        assert reply.status_code == 302, re.findall(r"errorlist[^<]*<li>([^<]*)", reply.text) or reply.status_code

    def save(self, page: str, url: str, **token: str) -> None:
        """The provider's own form, with all that a browser sends."""
        times = dict.fromkeys(("connect_timeout", "first_byte_timeout", "silence_timeout", "total_timeout"), "60")
        inlines = {"roles-TOTAL_FORMS": "0", "roles-INITIAL_FORMS": "0", "tokens-TOTAL_FORMS": "1"}
        rest = {"name": PROVIDER, "dispatch": "pooled", "priority": "100", "weight": "1", "smallest_pool": "0"}
        given = {f"tokens-{name}": value for name, value in token.items()}
        self.post(f"/admin/providers/provider/{page}", **rest, **times, **inlines, **given, base_url=url)


class Elsewhere:
    """Another process of the same installation, which does what a line says."""

    def __init__(self, server: Server) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-c", OBEY],
            cwd=ROOT,
            env=server.environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, line: str) -> None:
        """Returns when it is done."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        while (said := self._process.stdout.readline()) != "done\n":
            assert said, "the other process ended"

    def close(self) -> None:
        self._process.communicate(timeout=20)
        assert self._process.returncode == 0


@dataclass
class Place:
    """One server, its admin, another process, and two vendors that the provider may be pointed at."""

    server: Server
    admin: Admin
    elsewhere: Elsewhere
    first: FakeVendor
    second: FakeVendor
    provider: str = ""  # ids
    token: str = ""

    def begin(self) -> None:
        """Makes the provider, at the first vendor."""
        new = {"INITIAL_FORMS": "0", "0-new_secret": OLD, "0-enabled": "on"}
        self.admin.save("add/?vendor=openai_compatible", self.first.url, **new)
        ((provider, token),) = self.server.query(
            "SELECT p.id, t.id FROM providers_provider p JOIN providers_token t ON t.provider_id = p.id "
            f"WHERE p.name = '{PROVIDER}'"
        )
        self.provider, self.token = str(provider), str(token)

    def point(self, url: str) -> None:
        """By the admin's form."""
        kept = {"INITIAL_FORMS": "1", "0-id": self.token, "0-provider": self.provider, "0-enabled": "on"}
        self.admin.save(f"{self.provider}/change/", url, **kept)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with in_thread() as first, in_thread() as second:
        for name, vendor in (("first", first), ("second", second)):
            vendor.script(Answer(text=" ".join(WORDS), delay=0.04), model="slow")
            for secret in (OLD, NEW, NEWER):
                vendor.script(Answer(text=f"{name} {secret}"), model="quick", token=secret)
        with running(Path(tmp_path_factory.mktemp("switching"))) as server:
            with closing(Admin(server)) as admin, closing(Elsewhere(server)) as elsewhere:
                made = Place(server, admin, elsewhere, first, second)
                made.begin()
                yield made


class Stream(threading.Thread):
    """One slow stream, read by its app to the end."""

    def __init__(self, server: Server) -> None:
        super().__init__(daemon=True)
        self.server = server
        self.text, self.body = "", b""
        self.begun = threading.Event()
        self.start()

    def run(self) -> None:
        body = {"model": f"{PROVIDER}:slow", "messages": [{"role": "user", "content": "Hi"}], "stream": True}
        with (
            httpx.Client(timeout=30) as app,
            app.stream("POST", f"{self.server.url}/v1/chat/completions", json=body, headers=authorized()) as reply,
        ):
            for piece in reply.iter_bytes():
                self.body += piece
                self.begun.set()
        frames = [line for line in self.body.decode().splitlines() if line.startswith("data: {")]
        choices = [choice for frame in frames for choice in json.loads(frame[6:]).get("choices", ())]
        self.text = "".join(choice["delta"].get("content") or "" for choice in choices)


def authorized() -> dict[str, str]:
    return {"authorization": f"Bearer {KEY}", "content-type": "application/json"}


def streams(server: Server) -> list[Stream]:
    made = [Stream(server) for _ in range(STREAMS)]
    assert all(stream.begun.wait(10) for stream in made)
    return made


@dataclass
class Watcher:
    """Asks one request after the other, and looks when a change is committed. Times are monotonic seconds."""

    server: Server
    answers: list[tuple[float, str]] = field(default_factory=list)  # when it was asked, what came
    commits: list[float] = field(default_factory=list)

    @contextmanager
    def watching(self) -> Iterator[None]:
        stop = threading.Event()
        threads = [threading.Thread(target=each, args=(stop,)) for each in (self._ask, self._look)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join(10)

    def _ask(self, stop: threading.Event) -> None:
        body = json.dumps({"model": f"{PROVIDER}:quick", "messages": [{"role": "user", "content": "Hi"}]})
        with closing(http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=10)) as app:
            while not stop.is_set():
                asked = time.monotonic()
                app.request("POST", "/v1/chat/completions", body, authorized())
                with app.getresponse() as reply:
                    self.answers.append((asked, self._said(reply.status, json.loads(reply.read()))))
                time.sleep(0.001)

    @staticmethod
    def _said(status: int, body: dict) -> str:
        return (
            str(body["choices"][0]["message"]["content"]) if status == 200 else f"{status} {body['error']['message']}"
        )

    def _look(self, stop: threading.Event) -> None:
        """A change is there for all from the moment its transaction is: the version is part of it."""
        with closing(sqlite3.connect(self.server.data_dir / "switchboard.sqlite3", timeout=20)) as database:
            before = 0
            while not stop.is_set():
                ((version,),) = database.execute("SELECT value FROM providers_configversion")
                if before and version > before:
                    self.commits.append(time.monotonic())
                before = version
                time.sleep(0.001)

    def seen_after(self, is_new: Callable[[str], bool], *, within: float = 5) -> float:
        """Seconds from the commit to the first request from which on all see the change."""
        until = time.monotonic() + within
        while not (self.answers and is_new(self.answers[-1][1])):
            assert time.monotonic() < until, f"not within {within:g} s: {self.answers[-1:]}"
            time.sleep(0.002)
        time.sleep(0.05)
        told = list(self.answers)
        first = max((number for number, (_, said) in enumerate(told) if not is_new(said)), default=-1) + 1
        assert first > 0, "it was asked before the change too"
        return max(0.0, told[first][0] - self.commits[-1])


def changed(server: Server, change: Callable[[], None], is_new: Callable[[str], bool]) -> float:
    """Makes a change while one asks and asks; how many seconds it took to be seen."""
    watcher = Watcher(server)
    with watcher.watching():
        time.sleep(0.1)
        change()
        return watcher.seen_after(is_new)


def is_off(said: str) -> bool:
    return said.startswith("404") and PROVIDER in said and "off" in said


def says(text: str) -> Callable[[str], bool]:
    return lambda said: said == text


def assert_whole(server: Server, every: list[Stream]) -> None:
    """Each stream ended well at the app, and in the log."""
    for stream in every:
        stream.join(20)
        assert stream.text == " ".join(WORDS)
        assert stream.body.endswith(b"data: [DONE]\n\n")
    asked = "SELECT ended_by, status, output FROM monitoring_requestlog WHERE model = 'slow' AND stream"
    until = time.monotonic() + 10
    while len(rows := server.query(asked)) % len(every) and time.monotonic() < until:
        time.sleep(0.1)
    assert rows and set(rows) == {("done", 200, 5)}


def check(place: Place, where: str, changes: Mapping[str, Change], *, within: float) -> None:
    """Each change with streams under way that began before it; a provider that is off begins none."""
    begun: list[Stream] = []
    figures: dict[str, float] = {}
    for name, (change, is_new) in changes.items():
        meanwhile = [] if name == "on" else streams(place.server)
        figures[name] = changed(place.server, change, is_new)
        assert all(stream.is_alive() for stream in meanwhile), f"{name}: they were under way when it was seen"
        begun += meanwhile
    assert_whole(place.server, begun)
    show(f"{where}: " + ", ".join(f"{name} {seconds * 1e3:.0f} ms" for name, seconds in figures.items()))
    assert max(figures.values()) < within


def test_what_the_admin_of_the_serving_process_changes_is_seen_in_under_100_ms(place: Place) -> None:
    admin, button = place.admin, f"/admin/providers/provider/{place.provider}/do"
    rotate = f"/admin/providers/token/{place.token}/rotate/"
    changes: dict[str, Change] = {
        "off": (lambda: admin.post(f"{button}/disable/"), is_off),
        "on": (lambda: admin.post(f"{button}/enable/"), says(f"first {OLD}")),
        "re-pointed": (lambda: place.point(place.second.url), says(f"second {OLD}")),
        "re-keyed": (lambda: admin.post(rotate, new_secret=NEW), says(f"second {NEW}")),
    }
    check(place, "in process", changes, within=IN_PROCESS)


def test_what_another_process_changes_is_seen_in_under_a_second(place: Place) -> None:
    place.point(place.second.url)
    place.admin.post(f"/admin/providers/token/{place.token}/rotate/", new_secret=NEWER)
    elsewhere = place.elsewhere
    elsewhere.do("from providers.models import Provider, Token")
    provider = f"row = Provider.objects.get(pk={place.provider})"
    token = f"row = Token.objects.get(pk={place.token})"
    url = place.first.url
    changes: dict[str, Change] = {
        "off": (lambda: elsewhere.do(f"{provider}; row.dispatch = 'off'; row.save()"), is_off),
        "on": (lambda: elsewhere.do(f"{provider}; row.dispatch = 'pooled'; row.save()"), says(f"second {NEWER}")),
        "re-pointed": (lambda: elsewhere.do(f"{provider}; row.base_url = {url!r}; row.save()"), says(f"first {NEWER}")),
        "re-keyed": (lambda: elsewhere.do(f"{token}; row.secret = {OLD!r}; row.save()"), says(f"first {OLD}")),
    }
    check(place, "another process", changes, within=ANYWHERE)
