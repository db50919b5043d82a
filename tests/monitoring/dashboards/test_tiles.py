"""Tiles, tables and charts from figures: arithmetic only, no database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitoring.dashboards import charts
from monitoring.dashboards.address import Address
from monitoring.dashboards.explained import TEXTS
from monitoring.dashboards.filters import PROVIDER, TEAM
from monitoring.dashboards.sparks import spark
from monitoring.dashboards.tables import table
from monitoring.dashboards.tiles import points, relative, tiles
from monitoring.rollups.figures import Figures, Group, Point

NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)
DOLLAR = 1_000_000_000


def named(now: Figures, before: Figures) -> dict[str, object]:
    return {one.name: one for one in tiles(now, before)}


def test_each_tile_says_what_it_means() -> None:
    assert all(one.meaning == TEXTS[one.name] for one in tiles(Figures(), Figures()))


def test_tiles_compare_with_the_span_before() -> None:
    now = Figures(requests=1100, failed=20, refused=100, input=1000, cached_input=250, cost_nano=3 * DOLLAR, p95_ms=900)
    before = Figures(requests=1000, failed=20, input=1000, cached_input=500, cost_nano=2 * DOLLAR, p95_ms=1200)
    found = {one.name: (one.value, one.change) for one in tiles(now, before)}
    assert found["Requests"][0] == "1,100" and found["Requests"][1].text == "10 %"  # type: ignore[union-attr]
    assert found["Error rate"] == ("2.0 %", points(0.02, 0.02, was="2.0 %"))
    assert found["Cost"][1].was == "$2.00" and found["Cost"][1].tone == ""  # type: ignore[union-attr]
    assert (found["Cached share"][1].sign, found["Cached share"][1].tone) == ("↓", "bad")  # type: ignore[union-attr]
    assert (found["Latency p95"][1].text, found["Latency p95"][1].tone) == ("25 %", "good")  # type: ignore[union-attr]


def test_nothing_measured_is_a_dash_and_compares_with_nothing() -> None:
    found = {one.name: one for one in tiles(Figures(), Figures(requests=5, p50_ms=20))}
    assert found["Latency p50"].value == "–" and found["Latency p50"].change is None
    assert found["Error rate"].value == "–"
    assert relative(5, 0, was="0") is None and points(None, 0.1, was="") is None


def test_requests_without_a_price_are_told() -> None:
    assert "3 without" in {one.name: one.note for one in tiles(Figures(unpriced=3), Figures())}["Cost"]


@given(st.floats(0, 1e15), st.floats(1e-3, 1e15), st.sampled_from([-1, 0, 1]))
def test_a_change_points_where_the_number_went(now: float, before: float, welcome: int) -> None:
    change = relative(now, before, was="", welcome=welcome)
    assert change is not None
    if change.sign:
        assert (change.sign == "↑") == (now > before)
    if change.tone:
        assert (change.tone == "good") == ((now > before) == (welcome > 0))


def group(name: str, requests: int, **more: int) -> Group:
    return Group(key=name, label=name, figures=Figures(requests=requests, **more))


def test_a_table_is_sorted_and_its_rows_lead_on() -> None:
    groups = [group("openai", 50, cost_nano=1), group("groq", 10, cost_nano=9, failed=5), Group(
        key="", label="others", figures=Figures(requests=99))]  # fmt: skip
    address = Address.of("/dashboards/", {"range": ["7d"]})
    made = table(PROVIDER, groups, {}, address=address, log_url=lambda one, key: f"/logs/?{one.param}={key}")
    assert [(row.label, row.bar) for row in made.rows] == [("openai", 100), ("groq", 20), ("others", 100)]
    assert made.rows[0].url == "/dashboards/?range=7d&provider=openai"
    assert (made.rows[1].log_url, made.rows[1].failing) == ("/logs/?provider=groq", True)
    assert (made.rows[2].url, made.rows[2].log_url) == ("", "")
    by_cost = table(PROVIDER, groups, {}, address=address, log_url=lambda one, key: "", sort="cost")
    assert [row.label for row in by_cost.rows] == ["groq", "openai", "others"]
    assert [head.sorted for head in by_cost.heads] == [False, False, True, False]


def test_a_long_table_is_cut_until_all_of_it_is_wanted() -> None:
    groups = [group(f"p{number}", 100 - number) for number in range(20)]
    address = Address("/dashboards/")
    short = table(PROVIDER, groups, {}, address=address, log_url=lambda one, key: "")
    assert (len(short.rows), short.more, short.more_url) == (8, 12, "/dashboards/?all=provider")
    whole = table(PROVIDER, groups, {}, address=address, log_url=lambda one, key: "", all_rows=True)
    assert (len(whole.rows), whole.more_url) == (20, "")


def test_what_has_no_team_is_named_so() -> None:
    assert TEAM.named(Group(key="0", label="", figures=Figures())) == "no team"


def series(*figures: Figures) -> list[Point]:
    return [Point(at=NOW + place * timedelta(hours=1), figures=one) for place, one in enumerate(figures)]


def test_gaps_stay_gaps() -> None:
    found = charts.series(
        series(Figures(requests=9, refused=2, failed=1, p95_ms=12.34), Figures(), Figures(requests=4)),
        known_until=NOW + timedelta(hours=2),
    )
    assert found["answered"] == [6, 0, None]
    assert found["p95"] == [12.3, None, None]


def test_costs_by_group_add_up_to_the_whole() -> None:
    whole = series(Figures(cost_nano=10 * DOLLAR), Figures(cost_nano=4 * DOLLAR))
    groups = [
        (group("cheap", 9, cost_nano=2 * DOLLAR), series(Figures(cost_nano=DOLLAR), Figures(cost_nano=DOLLAR))),
        (group("dear", 1, cost_nano=9 * DOLLAR), series(Figures(cost_nano=7 * DOLLAR), Figures(cost_nano=2 * DOLLAR))),
        (group("free", 5), series(Figures(), Figures())),
    ]
    found = charts.costs(PROVIDER, groups, whole, known_until=NOW + timedelta(days=1))
    assert [(one["label"], one["values"]) for one in found] == [
        ("dear", [7.0, 2.0]), ("cheap", [1.0, 1.0]), ("others", [2.0, 1.0]),
    ]  # fmt: skip


def test_small_pictures() -> None:
    assert spark([]) is None and spark([3]) is None and spark([None, 4, None]) is None
    flat = spark([0, 0, 0])
    assert flat is not None and flat.line == "M0.0 22.5L50.0 22.5L100.0 22.5"
    gap = spark([1, 2, None, 4])
    assert gap is not None and gap.line.count("M") == 2


@given(st.lists(st.none() | st.floats(0, 1e12), max_size=40))
def test_a_picture_stays_in_its_frame(values: list[float | None]) -> None:
    made = spark(values)
    if made is not None:
        numbers = [float(one) for part in made.line.replace("M", "L").split("L") for one in part.split()]
        assert all(0 <= x <= 100 for x in numbers[::2]) and all(0 <= y <= 24 for y in numbers[1::2])
