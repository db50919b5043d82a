"""From single loads to the table: medians over the rounds, ratios within each."""

from __future__ import annotations

import pytest

from tests.benchmarks import figures, load, table
from tests.benchmarks.figures import Cell, Check, Run
from tests.benchmarks.machine import Facts
from tests.benchmarks.systems import LogCheck

MACHINE = Facts(cpu="Abacus", cores=2, memory_gb=4, system="Linux 6", python="3.11.7")


def result(answers: int, *, p50: int = 1000) -> load.Result:
    return load.Result(answers=answers, duration=2_000_000, p50=p50, p99=9000, bytes=1, wrong=0, broken=0, late=0)


def cell(system: str, answers: int, *, round: int = 0, p50: int = 1000) -> Cell:
    return Cell(
        round=round,
        system=system,
        kind="whole replies",
        in_flight=1,
        result=result(answers, p50=p50),
        cpu=1.0,
        memory=64 * 2**20,
    )


def run(*cells: Cell) -> Run:
    return Run(started_at="2030-05-06T07:08:09", machine=MACHINE, rounds=3, seconds=2, pinning="pinned", cells=[*cells])


def test_a_ratio_is_the_median_of_the_ratios_within_each_round() -> None:
    slow_machine = [cell("bare", 100, round=0), cell("ours", 50, round=0)]
    others = [cell("bare", 1000, round=n) for n in (1, 2)] + [cell("ours", 500 + n, round=n) for n in (1, 2)]

    ours = figures.rows(run(*slow_machine, *others), against=("bare", "Portkey"))[1]

    assert ours.ratios == {"bare": pytest.approx(0.501)}
    assert ours.per_second == pytest.approx(250.5)
    assert (ours.p50, ours.p99, ours.memory) == (1.0, 9.0, 64.0)


def test_rounds_without_an_answer_give_no_latency_and_no_ratio_to_them() -> None:
    found = figures.rows(run(cell("bare", 0), cell("ours", 10, p50=3000)), against=("bare",))

    assert [(row.per_second, row.p50, row.ratios) for row in found] == [(0.0, 0.0, {}), (5.0, 3.0, {})]


def test_added_latency_is_what_exceeds_the_upstream_alone() -> None:
    found = figures.rows(run(cell("upstream", 10, p50=200), cell("ours", 10, p50=900)), against=())

    assert figures.added_latency(found, upstream="upstream") == {"whole replies": {"ours": pytest.approx(0.7)}}


@pytest.mark.parametrize(("rows", "complete"), [(99, False), (100, True), (107, True), (108, False)])
def test_a_log_is_complete_with_a_row_for_each_answer_and_none_from_nowhere(rows: int, complete: bool) -> None:
    log = LogCheck(rows=rows, lag=0.1, viewer_rows=1, viewer_left_out=0, viewer_stayed=True)

    assert Check(round=0, system="ours", answered=100, cut_off=7, log=log).is_complete is complete


def test_the_table_names_machine_date_ratios_and_what_was_skipped() -> None:
    measured = run(cell("bare", 4000), cell("Switchboard", 1600))
    measured.skipped = {"Portkey": "needs Node.js"}

    plain, markdown = table.text(measured), table.text(measured, markdown=True)

    assert plain.startswith("2030-05-06 · Abacus, 2 cores, 4 GB, Linux 6, Python 3.11.7\n")
    assert "Switchboard         800    0.40          –           1.00" in plain
    assert "|  |  | **Switchboard** | 800 | 0.40 | – | 1.00 | 1.00 | 9.00 | 0.62 | 64 |" in markdown
    assert "Portkey was skipped: needs Node.js." in plain


def test_what_wrk_printed_is_read() -> None:
    told = '{"answers":5,"duration":1000000,"p50":1,"p99":2,"bytes":3,"wrong":1,"broken":0,"late":0}'

    assert load.read_output(f"Running 1s test\nRESULT {told}\nWRONG 500, 2 bytes: no\n").faults == 1


@pytest.mark.parametrize(
    ("printed", "message"),
    [
        ("unable to connect", "unable to connect"),
        (
            'RESULT {"answers":2,"duration":9,"p50":1,"p99":2,"bytes":3,"wrong":2,"broken":0,"late":0}\nWRONG no key',
            "no key",
        ),
    ],
)
def test_a_load_that_got_nothing_right_says_what_it_got(printed: str, message: str) -> None:
    with pytest.raises(load.LoadFailed, match=message):
        load.read_output(printed)
