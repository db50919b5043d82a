"""kill -9 under load, again and again: every answered request is in the log exactly once."""

from __future__ import annotations

import concurrent.futures
import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.fake_vendor.answers import Answer
from tests.fake_vendor.server import in_thread
from tests.server.running import KEY, Server, acme, running

KILLS = 10
CLIENTS = 8


class App:
    """Clients that call until they are told to stop, and note the request ids of what was answered to the end."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.stop = threading.Event()
        self.answered: list[str] = []
        self._lock = threading.Lock()

    def run(self, streamed: bool) -> None:
        while not self.stop.is_set():
            try:
                request_id = self._call(streamed)
            except (urllib.error.URLError, http.client.HTTPException, OSError, ValueError):
                time.sleep(0.02)
                continue
            with self._lock:
                self.answered.append(request_id)

    def _call(self, streamed: bool) -> str:
        body = {"model": "fake-large", "messages": [{"role": "user", "content": "Hi"}], "stream": streamed}
        request = urllib.request.Request(
            f"{self.url}/v1/chat/completions",
            json.dumps(body).encode(),
            {"authorization": f"Bearer {KEY}", "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            content = response.read()
            if streamed and not content.endswith(b"data: [DONE]\n\n"):
                raise ValueError("cut")
            json.loads(content) if not streamed else None
            return str(response.headers["x-request-id"])


def logged(server: Server) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for request_id, ended_by in server.query("SELECT request_id, ended_by FROM monitoring_requestlog"):
        rows.setdefault(str(request_id), []).append(str(ended_by))
    return rows


def test_kill_9_under_load_loses_and_doubles_nothing(tmp_path: Path) -> None:
    with in_thread() as vendor:
        vendor.script(Answer(delay=0.004))
        with running(tmp_path, **acme(vendor.url)) as server:
            app = App(server.url)
            with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
                workers = [pool.submit(app.run, number % 2 == 0) for number in range(CLIENTS)]
                try:
                    for _ in range(KILLS):
                        before = len(app.answered)
                        until = time.monotonic() + 20
                        while len(app.answered) < before + 30 and time.monotonic() < until:
                            time.sleep(0.02)
                        server.kill()
                        server.start()
                finally:
                    app.stop.set()
                for worker in workers:
                    worker.result()
            assert len(app.answered) >= KILLS * 30
            reached = len(vendor.calls())
            assert server.rows_settled(reached) >= reached - KILLS * CLIENTS
            time.sleep(3)  # another round of adoption: it must not add rows
            rows = logged(server)
            ended = server.stop()
    assert ended == 0
    missing = [one for one in app.answered if one not in rows]
    assert not missing, f"{len(missing)} answered requests are not in the log"
    doubled = [one for one, endings in rows.items() if len(endings) > 1]
    assert not doubled
    wrong = [one for one in app.answered if rows[one] != ["done"]]
    assert not wrong
    interrupted = [one for one, endings in rows.items() if endings == ["interrupted"]]
    assert interrupted, "with eight calls in flight some were cut by each kill"
    assert len(rows) >= reached, "a call that reached the vendor is in the log"
