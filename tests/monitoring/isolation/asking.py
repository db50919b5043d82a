"""Asking the site as somebody, and what an answer may not hold."""

from __future__ import annotations

import gzip
import html
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

from django.contrib.auth.models import User
from django.test import Client

from tests.monitoring.isolation.world import World

NEW_EACH_TIME = (
    re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")[^"]+'),
    re.compile(rb'(?<="X-CSRFTOKEN": ")[^"]+'),
)
UNTOLD = frozenset({"x-request-id", "set-cookie", "date", "content-length"})
JSON = "application/json"


class Answer(NamedTuple):
    """What was told. ``headers`` by small letters; ``cookies`` stand apart, with what they hold."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cookies: str = ""

    def same(self) -> tuple[int, list[tuple[str, str]], bytes]:
        """Without what is new each time."""
        body = self.body
        for one in NEW_EACH_TIME:
            body = one.sub(b"-", body)
        return self.status, sorted(pair for pair in self.headers.items() if pair[0] not in UNTOLD), body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def held(self, words: Iterable[str], *, without: Iterable[str] = ()) -> list[str]:
        """Those of ``words`` that are in it, however it is written. ``without``: what was asked, and may be echoed."""
        texts = [str(self.status), *(f"{name}: {value}" for name, value in self.headers.items()), self.cookies]
        text = "\n".join([*texts, *_readings(unpacked(self))])
        for one in without:
            text = text.replace(one, "")
        text = text.lower()
        return [word for word in words if word.lower() in text]


def unpacked(answer: Answer) -> bytes:
    packed = answer.headers.get("content-encoding", "")
    if packed == "gzip":
        return gzip.decompress(answer.body)
    return zlib.decompress(answer.body) if packed == "deflate" else answer.body


def _readings(body: bytes) -> Iterable[str]:
    """As it is, and without what HTML, addresses and JSON hide a word behind."""
    text = body.decode("utf-8", errors="replace")
    yield text
    if "&" in text or "%" in text:
        yield unquote_plus(html.unescape(text))
    if "\\" in text:
        yield from (json.dumps(one, ensure_ascii=False) for one in _lines(text))


def _lines(text: str) -> Iterable[Any]:
    for one in (text, *text.splitlines()):
        try:
            yield json.loads(one)
        except ValueError:
            continue


class Asker:
    """Somebody at the site, by a session, an API key or neither."""

    def __init__(self, name: str, client: Client) -> None:
        self.name = name
        self.client = client

    def __repr__(self) -> str:
        return self.name

    def ask(self, path: str, *, method: str = "GET", body: Any = None, form: bool = False) -> Answer:
        more: dict[str, Any] = {}
        if method == "POST":
            more = {"data": body or {}} if form else {"data": json.dumps(body or {}), "content_type": JSON}
        reply: Any = getattr(self.client, method.lower())(path, **more)
        content = b"".join(reply.streaming_content) if reply.streaming else reply.content
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return Answer(reply.status_code, headers, content, reply.cookies.output())


def people(world: World) -> dict[str, Asker]:
    """Everybody who has no business with red: nobody, blue's members, who is in no team, and blue's two keys."""
    found = {"nobody": Asker("nobody", Client())}
    found |= {name: signed_in(name) for name in ("bob", "mia", "eve")}
    for name in ("watch", "app"):
        found[name] = Asker(f"the key blue-{name}", Client(headers={"authorization": f"Bearer {world.secrets[name]}"}))
    return found


def signed_in(name: str) -> Asker:
    client = Client()
    client.force_login(User.objects.get(username=name))
    return Asker(name, client)
