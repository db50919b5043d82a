"""What a viewer sees of an exchange."""

from __future__ import annotations

import msgspec
import pytest

from gateway.exchange import Attempt
from monitoring.live import present
from tests.monitoring.live_cast import exchange, log_row

SENT = {"type", "source", "group", "seq", "left_out", "rows"}


def test_a_message_holds_what_the_docstring_says() -> None:
    message = present.RowsMessage(source="s", group="logs.all", seq=7, left_out=2, rows=[present.row(exchange())])
    assert set(msgspec.json.decode(present.text_of(message))) == SENT


def test_a_row_shows_no_token_no_content_and_no_request_id() -> None:
    told = exchange(token="fp-secret", content=b"a prompt", request_id="req-1")
    told.attempts[0].token = "fp-secret"
    text = present.text_of(present.BacklogMessage(rows=[present.row(told)]))
    assert "fp-secret" not in text
    assert "a prompt" not in text
    assert "req-1" not in text


def test_times_are_milliseconds() -> None:
    row = present.row(exchange(started_at=1_700_000_000_123_456, latency_us=250_500, first_byte_us=80_000))
    assert (row.time, row.latency_ms, row.first_byte_ms) == (1_700_000_000_123, 250.5, 80.0)


def test_long_texts_are_cut_and_attempts_counted() -> None:
    attempts = [Attempt(provider="openai", model="gpt-4o", reason="r" * 5000)] * 20
    row = present.row(exchange(requested_model="m" * 100_000, error_message="e" * 100_000, attempts=attempts))
    assert len(row.requested_model) == present.SHORT
    assert len(row.error_message) == present.LONG
    assert len(row.attempts) == present.MOST_ATTEMPTS
    assert row.attempt_count == 20
    assert len(row.attempts[0].reason) == present.LONG


@pytest.mark.django_db
def test_a_stored_row_looks_like_the_live_one() -> None:
    told = exchange()
    stored = log_row(id=told.id, started_at=told.started_at, attempts=told.attempts)
    assert present.row(stored) == present.row(told)


def test_attempts_of_other_versions_are_read_as_far_as_they_can_be() -> None:
    older = {"provider": "openai", "model": "gpt-4o", "status": 429}
    newer = {**older, "reason": "resting", "added_later": 1}
    row = present.row(exchange(attempts=[older, newer, {"status": "no number"}, 7, None]))
    assert [(one.provider, one.status, one.reason) for one in row.attempts] == [
        ("openai", 429, ""),
        ("openai", 429, "resting"),
    ]
