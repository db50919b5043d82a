"""A small client of Switchboard's own API for the command line: one request at a time, streamed line by line."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 600.0
MOST_ERROR = 65_536  # bytes of an error that are read


class CallFailed(Exception):
    """What the server answered instead, or why there was no answer; in words."""


class Client:
    """``url`` is Switchboard's address, without ``/v1``. ``secret`` is asked for each call: a pass is over soon."""

    def __init__(self, url: str, secret: Callable[[], str]) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CallFailed(f"{url} is no address: write it as http://127.0.0.1:4000.")
        self._secure = parts.scheme == "https"
        self._host, self._port, self._path = parts.hostname, parts.port, parts.path.rstrip("/")
        self._secret = secret
        self._url = url

    def get(self, path: str) -> Any:
        """Raises ``CallFailed``."""
        with self._asked("GET", path) as answer:
            return _json(answer.read())

    def stream(self, path: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The data of each event. Closing the iterator hangs up. Raises ``CallFailed``."""
        with self._asked("POST", path, body) as answer:
            for raw in answer:
                line = raw.strip()
                if not line.startswith(b"data:"):
                    continue
                data = line[5:].strip()
                if data == b"[DONE]":
                    return
                event = _json(data)
                if isinstance(event, dict) and event.get("error"):
                    raise CallFailed(_message(event) or "The stream ended with an error.")
                yield event

    @contextmanager
    def _asked(self, method: str, path: str, body: dict[str, Any] | None = None) -> Iterator[http.client.HTTPResponse]:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=CONNECT_SECONDS)
        headers = {"authorization": f"Bearer {self._secret()}", "x-switchboard-tags": "cli"}
        if body is not None:
            headers["content-type"] = "application/json"
        try:
            connection.connect()
            connection.sock.settimeout(ANSWER_SECONDS)
            connection.request(method, self._path + path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise CallFailed(_message(_json(answer.read(MOST_ERROR))) or f"The server answered {answer.status}.")
            yield answer
        except (OSError, http.client.HTTPException) as error:
            told = str(error) or type(error).__name__
            raise CallFailed(f"{self._url} cannot be reached: {told}. Is Switchboard running there?") from None
        finally:
            connection.close()


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _message(body: Any) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return message if isinstance(message, str) else ""
