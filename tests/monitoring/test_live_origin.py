"""Which pages may open the socket."""

from __future__ import annotations

from typing import Any

import pytest

from monitoring.live.origin import why_not
from tests.monitoring.live_cast import HOST, ORIGIN


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        (ORIGIN, HOST, True),
        ("https://127.0.0.1", "127.0.0.1", True),
        ("http://127.0.0.1:80", "127.0.0.1", True),
        ("http://[::1]:4000", "[::1]:4000", True),
        ("https://board.example.org", HOST, True),
        ("https://BOARD.example.org", HOST, True),
        ("http://board.example.org", HOST, False),
        ("https://a.teams.example.org", HOST, True),
        ("https://teams.example.org.evil", HOST, False),
        ("http://evil.example", "evil.example", False),
        ("http://localhost:4000", HOST, False),
    ],
)
def test_the_origin_is_the_host_or_a_trusted_one(settings: Any, origin: str, host: str, allowed: bool) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://board.example.org", "https://*.teams.example.org"]
    assert (why_not(origin, host=host) == "") is allowed


def test_a_refused_origin_names_the_variable_to_set() -> None:
    assert "CSRF_TRUSTED_ORIGINS" in why_not("https://board.example.org", host=HOST)
    assert "ALLOWED_HOSTS" in why_not("http://board.example.org", host="board.example.org")
