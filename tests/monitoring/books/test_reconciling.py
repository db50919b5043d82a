"""An export against the log: from the uploaded file to lines in the database."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest

from monitoring import tasks
from monitoring.books import reconciling, verdicts
from monitoring.books.ours import Ours, ours, rows_between
from monitoring.books.reconciling import NothingRead
from monitoring.models import Reconciliation
from providers.canonical import Usage
from providers.models import Token
from tests.monitoring.books.cast import NOON, attempt, exchange, logged, provider, reprice

pytestmark = pytest.mark.django_db
DAY = NOON.date()
MAPPING = {name: name for name in ("day", "model", "key", "requests", "input", "output", "cost")}
HEAD = "day,model,key,requests,input,output,cost\n"


def run(text: str, **more: Any) -> Reconciliation:
    given = {"kind": "generic", "provider": "acme", "made_by": "ada", "columns": MAPPING, **more}
    found = reconciling.take_in([("export.csv", io.BytesIO((HEAD + text).encode()))], **given)
    reconciling.compare(found.pk)
    found.refresh_from_db()
    return found


def test_every_attempt_that_was_billed_counts_where_it_was_made() -> None:
    provider(), provider("other")
    reprice(input=1, output=1)
    catalogue = reprice("other", input=1, output=1)
    failed = attempt(error="timeout", token="fp-2")
    answer = attempt(provider="other")
    logged(exchange(failed, attempt(provider="acme", error="refused"), answer, catalogue=catalogue))
    unbilled = attempt(error="refused")
    unbilled.cost_basis = ""
    logged(exchange(unbilled), exchange(attempt(cost_basis="unknown")), exchange())
    found = {(one.token, one.model): one for one in ours("acme", since=DAY, until=DAY)}
    assert found == {
        ("fp-1", "m1"): Ours(
            day=DAY, token="fp-1", model="m1", requests=2, input=2000, output=1000, cost_nano=1_500_000, unknown=1
        ),
        ("fp-2", "m1"): Ours(
            day=DAY, token="fp-2", model="m1", requests=1, input=1000, output=500, cost_nano=1_500_000, unknown=0
        ),
    }


def test_the_day_is_that_of_the_attempt_in_utc() -> None:
    provider()
    catalogue = reprice(input=1, output=1)
    midnight = NOON.replace(hour=0) + timedelta(days=1)
    late = attempt(started_us=2_000_000)
    logged(exchange(attempt(), late, catalogue=catalogue, at=midnight - timedelta(seconds=1)))
    assert [one.day for one in ours("acme", since=DAY, until=DAY)] == [DAY]
    assert [one.requests for one in ours("acme", since=DAY + timedelta(days=1), until=DAY + timedelta(days=9))] == [1]
    assert rows_between(DAY, DAY, most=10) == 1


def test_nonsense_of_a_vendor_does_not_overflow_the_sums() -> None:
    provider()
    logged(*(exchange(attempt(cost_nano=2**63 - 1, cost_basis="vendor")) for _ in range(3)))
    assert [one.requests for one in ours("acme", since=DAY, until=DAY)] == [3]


def test_a_run_keeps_both_sides_and_its_totals() -> None:
    provider()
    logged(*(exchange(attempt(), catalogue=reprice(input=1, output=1)) for _ in range(2)))
    found = run(f"{DAY},m1,k,2,2000,1000,0.003\n{DAY},m2,k,1,1,1,0.5\n{DAY},m1,k,x,1,1,1\n")
    assert (found.rows, found.unread, found.theirs_nano, found.ours_nano) == (3, 1, 503_000_000, 3_000_000)
    assert (found.since, found.until) == (DAY, DAY)
    lines = {one.model: one for one in found.lines.all()}
    assert verdicts.verdict(verdicts.pairs(lines["m1"]), *reconciling.tolerance_of(found)) == verdicts.EQUAL
    assert verdicts.verdict(verdicts.pairs(lines["m2"]), *reconciling.tolerance_of(found)) == verdicts.ONLY_THEIRS
    assert verdicts.counted(found.lines.all(), 0.01, 0) == (1, 1)
    assert [one.model for one in verdicts.by_difference(found.lines.all())] == ["m2", "m1"]
    totals = found.mapping["totals"]
    assert (totals["theirs_requests"], totals["ours_requests"]) == (3, 2)


def test_keys_find_their_tokens_by_the_form_or_by_an_equal_name() -> None:
    row = provider()
    for name in ("one", "two"):
        Token.objects.create(provider=row, label=name, secret=f"sk-{name}-0123456789")
    one, two = (Token.objects.get(label=name).fingerprint for name in ("one", "two"))
    catalogue = reprice(input=1, output=1)
    logged(*(exchange(attempt(token=token), catalogue=catalogue) for token in (one, two, "gone")))
    found = run(
        f"{DAY},m1,one,1,1000,500,0.0015\n{DAY},m1,key_77,1,1000,500,0.0015\n{DAY},m1,x,1,1000,500,0.0015\n",
        keys={"key_77": two},
    )
    assert {line.token for line in found.lines.all()} == {one, two, "other keys"}
    assert verdicts.counted(found.lines.all(), 0, 0) == (3, 0)
    assert found.mapping["by_key"]


def test_comparing_twice_changes_nothing_and_a_task_may_do_it() -> None:
    provider()
    logged(exchange(attempt(), catalogue=reprice(input=1, output=1)))
    found = run(f"{DAY},m1,,1,1000,500,0.0015\n")
    before = list(found.lines.values())
    tasks.reconcile(found.pk)
    tasks.reconcile(found.pk + 1)
    assert list(found.lines.values()) == before


def test_figures_beyond_a_column_are_cut_and_not_an_error() -> None:
    provider()
    found = run("".join(f"{DAY},m1,,{10**13},{10**13},{10**13},1000000000\n" for _ in range(20)))
    line = found.lines.get()
    assert (line.theirs_requests, line.theirs_nano) == (20 * 10**13, 2**63 - 1)
    assert found.theirs_nano == 2**63 - 1


def test_an_export_of_other_days_says_so() -> None:
    provider()
    with pytest.raises(NothingRead, match=r"no usage in it between 2030-01-01 and its end\."):
        run(f"{DAY},m1,,1,1,1,1\n", days=reconciling.Days(since=date(2030, 1, 1)))
    with pytest.raises(NothingRead, match="is not a day"):
        run("never,m1,,1,1,1,1\n")
    assert not Reconciliation.objects.exists()


def test_cached_and_written_input_are_part_of_the_input_on_both_sides() -> None:
    provider()
    usage = Usage(input=4123, output=50, cached_input=4000, cache_write_input=23)
    logged(
        exchange(
            attempt(usage, model="claude-haiku-4-5"), catalogue=reprice(model="claude-haiku-4-5", input=1, output=1)
        )
    )
    text = (
        "usage_date_utc,model_version,api_key,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,"
        f"usage_input_tokens_cache_read,usage_output_tokens\n{DAY},claude-haiku-4-5-20251001,prod,100,23,4000,50\n"
    )
    found = reconciling.take_in([("u.csv", io.BytesIO(text.encode()))], kind="anthropic", provider="acme", made_by="")
    reconciling.compare(found.pk)
    line = found.lines.get()
    assert (line.model, line.theirs_input, line.ours_input, line.theirs_requests, line.ours_requests) == (
        "claude-haiku-4-5-20251001",
        4123,
        4123,
        None,
        1,
    )
