"""Exports: what is filtered, streamed, safe for spreadsheets, and honest about its end."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import AsyncClient, Client

from monitoring.explorer import query
from monitoring.explorer.exports import COLUMNS, Export
from monitoring.explorer.search import TooSlow
from tests.monitoring.explorer.cast import EVERYONE, row, some_log, written
from tests.monitoring.live_cast import close_connections, person

pytestmark = pytest.mark.django_db
ALL = query.LogFilter(last=None)


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(person("ada", staff=True))
    return client


def body(client: Client, address: str) -> str:
    response: Any = client.get(address)
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


def table(text: str) -> tuple[list[dict[str, str]], str]:
    """Rows by name, and the remark at the end."""
    head, *rows, last = list(csv.reader(io.StringIO(text)))
    return [dict(zip(head, one, strict=True)) for one in rows], last[0]


def test_both_kinds_hold_the_rows_of_the_pages_in_their_order(staff: Client) -> None:
    some_log(70)
    for text in ("since=all", "since=all&status=4xx", "since=all&provider=groq&stream=yes"):
        asked = query.read_filter(dict(one.split("=") for one in text.split("&")), EVERYONE)
        expected = [str(one.pk) for one in query.page(EVERYONE, asked, most=500).rows]
        rows, last = table(body(staff, f"/logs/export.csv?{text}"))
        assert [one["id"] for one in rows] == expected
        assert last == f"# All {len(expected)} rows"
        lines = [json.loads(line) for line in body(staff, f"/logs/export.jsonl?{text}").splitlines()]
        assert [one["id"] for one in lines[:-1]] == expected
        assert lines[-1] == {"end": f"All {len(expected)} rows", "rows": len(expected), "complete": True}


def test_values_are_in_units_that_people_read(staff: Client) -> None:
    at = datetime.now(UTC) - timedelta(minutes=1)
    written(row(at, cost_nano=12, latency_us=1500, tags=["a", "b"], saved_nano=None))
    (found,), _ = table(body(staff, "/logs/export.csv"))
    assert (found["cost_usd"], found["latency_ms"], found["tags"], found["saved_usd"]) == (
        "0.000000012",
        "1.5",
        "a b",
        "",
    )
    assert datetime.fromisoformat(found["started_at"]) == at
    line = json.loads(body(staff, "/logs/export.jsonl").splitlines()[0])
    assert (line["cost_usd"], line["tags"], line["saved_usd"], line["attempts"]) == (1.2e-8, ["a", "b"], None, 1)
    assert list(line) == list(COLUMNS)


def test_no_cell_is_a_formula(staff: Client) -> None:
    bad = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =cmd|' /C calc'!A0", "\r=1"]
    written(*(row(datetime.now(UTC), model=text, error_message=text, tags=[text]) for text in bad))
    rows, _ = table(body(staff, "/logs/export.csv"))
    cells = [one[name] for one in rows for name in ("model", "error_message", "tags")]
    assert len(cells) == 21
    assert all(cell.startswith("'") for cell in cells)
    lines = [json.loads(line) for line in body(staff, "/logs/export.jsonl").splitlines()]
    assert {one["model"] for one in lines[:-1]} == set(bad)  # programs get what there is


def test_an_export_that_was_capped_says_so(staff: Client) -> None:
    some_log(30)
    rows, last = table(body(staff, "/logs/export.csv?since=all&most=10"))
    assert len(rows) == 10
    assert "there are more" in last
    end = json.loads(body(staff, "/logs/export.jsonl?since=all&most=30").splitlines()[-1])
    assert (end["rows"], end["complete"]) == (30, True)
    end = json.loads(body(staff, "/logs/export.jsonl?since=all&most=29").splitlines()[-1])
    assert (end["rows"], end["complete"]) == (29, False)


@pytest.mark.parametrize("most", ["0", "-1", "x", "1000001", "9" * 20, "1.5"])
def test_a_cap_that_is_none_is_refused(staff: Client, most: str) -> None:
    response = staff.get(f"/logs/export.csv?most={most}")
    assert (response.status_code, b"most is a number" in response.content) == (400, True)


def test_the_headers_name_the_file_and_the_cap(staff: Client) -> None:
    response = staff.get("/logs/export.csv?most=7")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["X-Most-Rows"] == "7"
    assert response.headers["Content-Disposition"].startswith('attachment; filename="requests-')
    assert response.headers["Cache-Control"] == "no-store"


def test_the_first_rows_go_out_before_the_last_are_read() -> None:
    now = datetime.now(UTC)
    written(*(row(now - timedelta(hours=hours)) for hours in range(48)))
    made = Export(EVERYONE, ALL, most=10_000)
    made._bites = query.bites(EVERYONE, ALL, most=10_000, bite=10)
    texts = made.csv()
    next(texts), next(texts)
    assert (made.count, made.end) == (10, "")
    assert sum(1 for _ in texts) >= 4
    assert made.count == 48


def test_an_export_that_cannot_go_on_says_what_is_missing() -> None:
    def breaks(*_: object) -> Any:
        yield [row(datetime.now(UTC))]
        raise TooSlow

    made = Export(EVERYONE, ALL, most=10)
    made._bites = breaks()
    end = json.loads(list(made.jsonl())[-1])
    assert (end["rows"], end["complete"], "narrow the filter" in end["end"]) == (1, False, True)


@pytest.mark.django_db(transaction=True)
async def test_a_server_with_an_event_loop_streams_too(async_client: AsyncClient) -> None:
    from asgiref.sync import sync_to_async

    await sync_to_async(written)(*(row(datetime.now(UTC)) for _ in range(5)))
    await async_client.aforce_login(await sync_to_async(person)("ada", staff=True))
    response: Any = await async_client.get("/logs/export.jsonl")
    assert response.is_async
    text = b"".join([piece async for piece in response.streaming_content]).decode()
    assert json.loads(text.splitlines()[-1])["rows"] == 5
    await close_connections()
