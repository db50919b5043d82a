"""A viewer of the live log: signs in as a person does, then reads all that the WebSocket sends, on a thread."""

from __future__ import annotations

import http.cookiejar
import threading
import urllib.parse
import urllib.request

import msgspec
from websockets import Origin
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from tests.benchmarks.processes import NotStarted


class Message(msgspec.Struct):
    type: str
    rows: list[msgspec.Raw] = []
    left_out: int = 0


class Viewer:
    """``rows`` and ``left_out`` count what the live log showed and what it said it had left out."""

    def __init__(self, url: str, *, user: str, password: str) -> None:
        self._url, self._user, self._password = url, user, password
        self._socket: ClientConnection | None = None
        self._reading = threading.Thread(target=self._read, name="viewer", daemon=True)
        self.rows = 0
        self.left_out = 0

    @property
    def is_connected(self) -> bool:
        return self._reading.is_alive()

    def connect(self) -> None:
        """Raises ``NotStarted``."""
        try:
            cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._sign_in())
            self._socket = connect(
                f"{self._url.replace('http', 'ws', 1)}/ws/logs/",
                origin=Origin(self._url),
                additional_headers={"Cookie": cookies},
                max_size=None,
                proxy=None,
            )
            self._take(self._socket.recv(timeout=10))
        except (OSError, WebSocketException, TimeoutError) as error:
            raise NotStarted(f"the live log let no viewer in: {error!r}") from None
        self._reading.start()

    def close(self) -> None:
        if self._socket:
            self._socket.close()
        if self._reading.is_alive():
            self._reading.join(10)

    def _sign_in(self) -> http.cookiejar.CookieJar:
        jar = http.cookiejar.CookieJar()
        handlers = [urllib.request.HTTPCookieProcessor(jar), urllib.request.ProxyHandler({})]
        browser = urllib.request.build_opener(*handlers)
        page = f"{self._url}/live/login/"
        browser.open(page, timeout=30).close()
        token = next((cookie.value for cookie in jar if cookie.name == "csrftoken"), "")
        form = {"username": self._user, "password": self._password, "csrfmiddlewaretoken": token or ""}
        browser.open(page, urllib.parse.urlencode(form).encode(), timeout=30).close()
        if not any(cookie.name == "sessionid" for cookie in jar):
            raise NotStarted("the live log's sign-in refused the admin's password")
        return jar

    def _read(self) -> None:
        assert self._socket is not None
        try:
            for text in self._socket:
                self._take(text)
        except ConnectionClosed:
            pass

    def _take(self, text: str | bytes) -> None:
        message = msgspec.json.decode(text, type=Message)
        if message.type == "rows":
            self.rows += len(message.rows)
            self.left_out += message.left_out
