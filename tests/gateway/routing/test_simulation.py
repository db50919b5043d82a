"""A smaller simulation than the documentation's: what it shows must hold in the tests, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulator import __main__ as program
from tests.simulator.comparing import Compared, compared, tally
from tests.simulator.judging import Verdict, verdict
from tests.simulator.policies import auto, single
from tests.simulator.running import run
from tests.simulator.table import BEGIN, END, markdown
from tests.simulator.world import Spell, setting

SEEDS = range(300, 312)
REQUESTS = 1500


@pytest.fixture(scope="module")
def found() -> list[Compared]:
    return [compared(seed, requests=REQUESTS) for seed in SEEDS]


def test_auto_is_better_than_round_robin(found: list[Compared]) -> None:
    assert tally(found).beats_round_robin >= len(found) - 1


def test_auto_is_about_as_useful_as_the_best_single_provider_even_in_short_runs(found: list[Compared]) -> None:
    """Of 1,500 requests a larger share goes where nothing is known yet than of the 10,000 of the documentation."""
    of = tally(found)
    assert of.as_useful >= 9
    assert of.mean_ahead > 0


def test_auto_loses_next_to_nothing_while_another_provider_is_well(found: list[Compared]) -> None:
    assert sum(one.auto.success for one in found) / len(found) > 0.995
    assert all(one.auto.success >= one.best.success - 0.005 for one in found)


def test_auto_beats_the_cheapest_and_the_fastest_that_price_lists_promise(found: list[Compared]) -> None:
    for name in ("cheapest", "fastest"):
        ahead = [one.auto.utility - getattr(one, name).utility for one in found]
        assert sum(ahead) / len(ahead) > 3, name
        assert sum(each > -1 for each in ahead) >= 9, name


def test_a_run_is_the_same_each_time() -> None:
    one = setting(7, requests=400)
    assert run(one, auto(one)) == run(one, auto(one))
    assert setting(7, requests=400).providers == one.providers


def test_bad_spells_and_limits_are_met() -> None:
    """What a provider does by itself follows its nature: the judge sees outages and limits, and nothing else loses."""
    one = setting(9, requests=600)
    lasts = one.requests[-1].at
    down = (Spell(0.0, lasts / 4, "down", 1.0),)
    well = one.providers[0]._replace(spells=(), limit=0, failures=0.0)
    made = one._replace(providers=(well, well._replace(number=1, spells=down), well._replace(number=2, limit=5)))
    alone = [verdict(run(made, single(number))) for number in range(3)]
    assert alone[0].success == 1
    assert 0.4 < alone[1].success < 0.8
    assert alone[2].success < 0.5
    assert verdict(run(made, auto(made))).success == 1


def test_every_request_ends_once_and_costs_what_its_answer_does() -> None:
    one = setting(11, requests=500)
    done = run(one, auto(one))
    assert sorted(each.request.number for each in done) == list(range(500))
    assert all((each.cost > 0) == each.ok for each in done)


def test_utility_is_what_is_laid_down() -> None:
    usual = Verdict(0.99, 2.0, 8.0)
    assert usual.utility == pytest.approx(99 - 5 * 1 - 5 * 3)
    assert usual._replace(cost=4.0).utility == pytest.approx(usual.utility - 5)
    assert usual._replace(p95=4.0).utility == pytest.approx(usual.utility + 5)
    assert verdict([]).utility < -100


def test_the_table_goes_between_the_markers(tmp_path: Path, found: list[Compared]) -> None:
    page = tmp_path / "routing.md"
    page.write_text(f"# Routing\n\n{BEGIN}\nold\n{END}\n\nmore\n")
    program.write(page, markdown(found, requests=REQUESTS))
    text = page.read_text()
    assert text.startswith("# Routing\n") and text.endswith("\n\nmore\n") and "old" not in text
    assert "| `auto` |" in text and text.count(BEGIN) == text.count(END) == 1
    page.write_text("# no markers\n")
    with pytest.raises(ValueError, match="no markers"):
        program.write(page, "x")


def test_the_documentation_holds_a_table_of_the_simulator() -> None:
    text = program.PAGE.read_text()
    _, begin, rest = text.partition(BEGIN)
    table, end, _ = rest.partition(END)
    assert begin and end and "100 random settings" in table and "10,000 requests each" in table
