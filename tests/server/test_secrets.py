"""Canaries: distinctive secrets given to a running server in every way there is, then looked for everywhere."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from inspect import signature
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from gateway.celery import app as celery_app
from tests.fake_vendor import RESETS, Answer, FakeVendor, failing, in_thread, rate_limited
from tests.server.running import Server, acme, free_port, running

# No known shape, so that only knowing them takes them out of a text.
ENV_TOKEN, ADMIN_TOKEN, INLINE_TOKEN, NEW_TOKEN = "zqenvtoken", "zqadmintoken", "zqinlinetoken", "zqrotatedtoken"
PROXY_PASSWORD, EXTRA_KEY, REFUSED_TOKEN = "zqproxypassword", "zqextrakey", "zqrefusedtoken"
BOOT_KEY, BOOT_PASSWORD, WRONG_KEY = "zq-bootstrap-key-of-the-canaries", "zqbootstrappassword", "zqsomebodyelseskey"
PROMPT, ANSWER = "zqprompt", "Hello from the fake vendor."
KINDS = "ENV_TOKEN ADMIN_TOKEN INLINE_TOKEN NEW_TOKEN PROXY_PASSWORD EXTRA_KEY REFUSED_TOKEN BOOT_KEY BOOT_PASSWORD"
CANARIES = {name: globals()[name] for name in (*KINDS.split(), "WRONG_KEY", "PROMPT")}
FATES = ("fake-large", "quoted-400", "quoted-500", "quoted-late", "quoted-extra", "broken", "limited", "quoted")
TIMES = dict.fromkeys(("connect_timeout", "first_byte_timeout", "silence_timeout", "total_timeout"), "10")
PROXIED = "acme_two"


@dataclass
class Story:
    """What was seen while the server was used."""

    seen: list[tuple[str, bytes]] = field(default_factory=list)  # where, bytes
    statuses: dict[str, int] = field(default_factory=dict)  # of the calls, by model
    issued: str = ""

    def note(self, response: httpx.Response) -> None:
        response.read()
        head = "\n".join(f"{name}: {value}" for name, value in response.headers.items())
        request = f"{response.request.method} {response.request.url.raw_path.decode()} {response.status_code}"
        self.seen.append((request, head.encode() + b"\n\n" + response.content))


class Admin:
    """The superuser at the site, without a browser."""

    def __init__(self, server: Server, story: Story) -> None:
        self.url = server.url
        self.http = httpx.Client(base_url=server.url, event_hooks={"response": [story.note]}, timeout=20)
        self.get("/admin/login/")
        self.post("/admin/login/", username="admin", password="wrong" + BOOT_PASSWORD)
        assert self.post("/admin/login/", username="admin", password=BOOT_PASSWORD).status_code == 302

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path)

    def post(self, path: str, **form: str) -> httpx.Response:
        token = self.http.cookies.get("csrftoken") or ""
        return self.http.post(path, data={"csrfmiddlewaretoken": token, **form}, headers={"referer": self.url + path})

    def pages(self, *ours: str) -> set[str]:
        """Looks at ``ours`` and follows the links of the admin, to a few pages of each kind."""
        found: set[str] = set()
        kinds: Counter[str] = Counter()
        ahead = ["/admin/", "/live/", *ours]
        while ahead:
            page = ahead.pop()
            found.add(page)
            for link in re.findall(r'href="(/admin/[^"#]*)"', self.get(page).text):
                path = link.replace("&amp;", "&")
                kind = re.sub(r"[0-9a-f-]{36}|[0-9]+|\?.*", "N", path)
                if path not in found and path not in ahead and "logout" not in path and kinds[kind] < 2:
                    kinds[kind] += 1
                    ahead.append(path)
        return found


class Watcher(threading.Thread):
    """Somebody at the live log, until ``over``."""

    def __init__(self, admin: Admin, story: Story) -> None:
        super().__init__(daemon=True)
        self.admin, self.story, self.rows, self.over = admin, story, 0, threading.Event()
        self.here = threading.Event()
        self.start()
        assert self.here.wait(10)

    def run(self) -> None:
        url = self.admin.url.replace("http", "ws") + "/ws/logs/"
        headers = {"cookie": f"sessionid={self.admin.http.cookies['sessionid']}"}
        with connect(url, origin=Origin(self.admin.url), additional_headers=headers) as socket:
            self.here.set()
            while not self.over.is_set():
                with suppress(TimeoutError):
                    text = str(socket.recv(timeout=0.2))
                    self.story.seen.append(("WebSocket", text.encode()))
                    self.rows += len(json.loads(text).get("rows", ()))


def quoting(secret: str, status: int = 401) -> Answer:
    return failing(status, body=json.dumps({"error": {"message": f"No such credential as {secret} here"}}).encode())


def quoting_late(secret: str) -> Answer:
    """Begins well."""
    frames = ({"choices": [{"index": 0, "delta": {"content": ANSWER}}]}, {"error": {"message": f"Not as {secret} now"}})
    body = "".join(f"data: {json.dumps(frame)}\n\n" for frame in frames)
    return Answer(body=body.encode(), headers=(("content-type", "text/event-stream"),))


def scripted(vendor: FakeVendor) -> None:
    """Each model is a fate. A proxy sees the whole address, so a path is named for none."""
    for token in (ENV_TOKEN, ADMIN_TOKEN, NEW_TOKEN):
        vendor.script(quoting(token), token=token, model="quoted")
        vendor.script(quoting(f"Bearer {token}", 400), token=token, model="quoted-400")
        vendor.script(quoting(token, 500), token=token, model="quoted-500")
        vendor.script(quoting_late(token), token=token, model="quoted-late")
        vendor.script(quoting(token), token=token, path="/v1/models", times=1)
    vendor.script(quoting(f"{EXTRA_KEY} {INLINE_TOKEN}", 400), token=EXTRA_KEY, model="quoted-extra")
    vendor.script(rate_limited(0.4), model="limited")
    vendor.script(RESETS, model="broken")


def call(http: httpx.Client, model: str, **more: Any) -> int:
    body = {"model": model, "messages": [{"role": "user", "content": f"{PROMPT} {model}"}], **more}
    return http.post("/v1/chat/completions", json=body).status_code


def configure(admin: Admin, server: Server, vendor: FakeVendor) -> int:
    """A token, a proxy and a secret setting through forms, refused ones too. Gives the id of the added token."""
    (own,) = server.query("SELECT id FROM providers_provider WHERE name = 'openai_compatible'")[0]
    add = "/admin/providers/token/add/"
    assert (
        admin.post(add, provider=str(own), new_secret=f"{REFUSED_TOKEN} with blanks", enabled="on").status_code == 200
    )
    assert admin.post(add, provider=str(own), new_secret=ADMIN_TOKEN, enabled="on").status_code == 302
    form = {
        "name": PROXIED, "dispatch": "pooled", "base_url": "http://upstream.invalid/v1", **TIMES,
        "priority": "1", "weight": "1", "smallest_pool": "0", "roles-TOTAL_FORMS": "0", "roles-INITIAL_FORMS": "0",
        "setting__extra_api_key": EXTRA_KEY, "tokens-TOTAL_FORMS": "1", "tokens-INITIAL_FORMS": "0",
        "tokens-0-new_secret": INLINE_TOKEN, "tokens-0-enabled": "on",
    }  # fmt: skip
    page = "/admin/providers/provider/add/?vendor=openai_compatible"
    unusable = {**form, "new_proxy": f"ftp://user:{PROXY_PASSWORD}@127.0.0.1:1"}
    assert admin.post(page, **unusable).status_code == 200
    made = admin.post(page, **form, new_proxy=f"http://user:{PROXY_PASSWORD}@127.0.0.1:{vendor.port}")
    assert made.status_code == 302, made.text
    return int(str(server.query("SELECT id FROM providers_token WHERE source = 'admin' ORDER BY id")[0][0]))


def issue_key(admin: Admin, story: Story) -> str:
    reply = admin.post("/admin/gateway/apikey/add/", name="canary", scopes="inference", enabled="on")
    assert reply.headers["cache-control"].startswith("no-store")
    found = re.search(r'id="issued-secret"[^>]*>([^<]+)<', reply.text)
    assert found, reply.text
    where, content = story.seen.pop()  # the one page that may show it
    story.seen.append((where, content.replace(found[1].encode(), b"")))
    return found[1]


def use(server: Server, key: str, story: Story) -> None:
    headers, hooks = {"authorization": f"Bearer {key}"}, {"response": [story.note]}
    with httpx.Client(base_url=server.url, headers=headers, event_hooks=hooks, timeout=20) as http:
        calls(http, story)


def calls(http: httpx.Client, story: Story) -> None:
    for prefix in ("ext-openai-compatible-", f"ext-{PROXIED}-"):
        for fate in FATES:
            for stream in (False, True):
                story.statuses.setdefault(f"{prefix}{fate}", call(http, f"{prefix}{fate}", stream=stream))
            if fate == "limited":
                time.sleep(0.5)  # until the tokens have rested
    call(http, "ext-groq-nowhere")
    call(http, "no-such-model")
    http.get("/v1/models")
    http.get("/v1/models/nothing")
    http.get("/v1/nothing")
    http.get("/healthz")
    for wrong in (f"Bearer {WRONG_KEY}", f"Basic {WRONG_KEY}", WRONG_KEY):
        http.get("/v1/models", headers={"authorization": wrong})


def act(admin: Admin, server: Server, token: int) -> None:
    """Every button: tests, model lists, a rotation, a new secret for a key."""
    for (row,) in server.query("SELECT id FROM providers_provider WHERE name LIKE 'openai_comp%' OR name LIKE 'acme%'"):
        admin.post(f"/admin/providers/provider/{row}/do/test/")
        admin.post(f"/admin/providers/provider/{row}/do/fetch/")
    admin.post(f"/admin/providers/token/{token}/do/test/")
    time.sleep(1.5)  # the vendor quotes what it was sent; the tasks write that down
    assert admin.post(f"/admin/providers/token/{token}/rotate/", new_secret=NEW_TOKEN).status_code == 302
    admin.get("/admin/nothing/")
    admin.get("/nothing/")
    admin.http.post("/admin/providers/token/add/", data={"new_secret": REFUSED_TOKEN})  # no CSRF token


def own_pages(server: Server) -> list[str]:
    """Where the canaries would stand."""
    used = f"name IN ('openai_compatible', '{PROXIED}')"
    providers = [str(one) for (one,) in server.query(f"SELECT id FROM providers_provider WHERE {used}")]
    tokens = [str(one) for (one,) in server.query("SELECT id FROM providers_token")]
    pages = [f"provider/{pk}/{page}/" for pk in providers for page in ("change", "history", "delete")]
    pages += [f"token/{pk}/{page}/" for pk in tokens for page in ("change", "history", "rotate", "delete")]
    rows = server.query("SELECT id FROM monitoring_requestlog WHERE error_message != '' LIMIT 8")
    logged = [f"/admin/monitoring/requestlog/{pk}/change/" for (pk,) in rows]
    return [*(f"/admin/providers/{page}" for page in pages), *logged]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Story, Path]:
    """The story of one server, and its data directory as it was while it ran and after it stopped."""
    data_dir = tmp_path_factory.mktemp("secrets")
    story = Story()
    environ = {
        "BOOTSTRAP_API_KEY": BOOT_KEY, "BOOTSTRAP_ADMIN_PASSWORD": BOOT_PASSWORD, "LOG_LEVEL": "DEBUG",
        "OPENAI_COMPATIBLE_API_KEY": ENV_TOKEN,
        "GROQ_ENABLED": "1", "GROQ_API_KEY": ENV_TOKEN, "GROQ_BASE_URL": f"http://127.0.0.1:{free_port()}/v1",
    }  # fmt: skip
    with in_thread() as vendor:
        scripted(vendor)
        with running(data_dir, **{**acme(vendor.url), **environ}) as server:
            admin = Admin(server, story)
            watcher = Watcher(admin, story)
            token = configure(admin, server, vendor)
            story.issued = issue_key(admin, story)
            use(server, BOOT_KEY, story)
            act(admin, server, token)
            use(server, story.issued, story)
            rows = server.rows_settled(62)
            time.sleep(0.5)
            pages = admin.pages(*own_pages(server))
            for path in (one for one in data_dir.rglob("*") if one.is_file()):
                story.seen.append((f"running: {path.name}", path.read_bytes()))
            watcher.over.set()
            watcher.join(5)
            admin.http.close()
            assert watcher.rows >= 50, "the live log told of the calls"
            assert rows >= 60
            assert len(pages) > 40
        assert any("authorization" in one.headers for one in vendor.calls())
        assert any(one.headers.get("proxy-authorization") for one in vendor.requests), "the proxy was used"
        assert any(one.headers.get("x-api-key") == EXTRA_KEY for one in vendor.requests)
    return story, data_dir


def hidden(secret: str) -> list[bytes]:
    """``secret`` plain and as it looks inside base64, at each of the three offsets."""
    forms = [secret.encode()]
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + secret.encode())
        forms.append(encoded[4 if offset else 0 : -4])
    return forms


def leaks(seen: list[tuple[str, bytes]], secret: str) -> list[str]:
    return [
        f"{where}: …{content[max(0, at - 80) : at + 80]!r}…"
        for where, content in seen
        for form in hidden(secret)
        if (at := content.find(form)) >= 0
    ]


@pytest.mark.parametrize("name", list(CANARIES))
def test_a_secret_is_in_no_answer_page_frame_log_or_file(told: tuple[Story, Path], name: str) -> None:
    story, data_dir = told
    files = [(f"stopped: {path.name}", path.read_bytes()) for path in data_dir.rglob("*") if path.is_file()]
    found = leaks([*story.seen, *files], CANARIES[name])
    assert not found, f"{len(found)} places, as in\n" + "\n".join(found[:12])


def test_an_issued_key_is_nowhere_but_on_its_page(told: tuple[Story, Path]) -> None:
    story, data_dir = told
    files = [(path.name, path.read_bytes()) for path in data_dir.rglob("*") if path.is_file()]
    assert story.issued.startswith("sk-sb-")
    assert not leaks([*story.seen, *files], story.issued)


def test_the_calls_met_what_was_scripted(told: tuple[Story, Path]) -> None:
    """Else the canaries were never where they could leak from."""
    story, _ = told
    own = {model.removeprefix("ext-openai-compatible-"): status for model, status in story.statuses.items()}
    assert (own["quoted"], own["quoted-400"], own["limited"]) == (502, 400, 429)
    assert any(ANSWER.encode() in content for _, content in story.seen)
    assert any(b"No such credential as" in content for where, content in story.seen if where == "WebSocket")


def test_tasks_take_ids_and_nothing_else() -> None:
    """What stands in a broker and in its logs: a secret handed to a task would be there."""
    own = {name: task for name, task in celery_app.tasks.items() if not name.startswith("celery.")}
    taken = {
        (name, one.name): str(one.annotation)
        for name, task in own.items()
        for one in signature(task.run).parameters.values()
    }
    assert taken.pop(("monitoring.tasks.rerate", "after")) == "str"  # a cursor: a time and the id of a log row
    assert set(taken.values()) == {"int"}
