"""What the API's tests share."""

from __future__ import annotations

import pytest

from monitoring.api.rate import Rate, Window
from tests.monitoring.api.cast import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture(autouse=True)
def _fresh_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test counts the requests of another."""
    monkeypatch.setattr(Rate, "window", Window())
