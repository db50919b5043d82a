"""Which budgets a call counts in, and what they are compiled from."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from gateway.budgets import compiled
from gateway.budgets.compiled import NO_SPENDING, Raise, Spending
from gateway.budgets.compiling import SPENDING_LABELS, compile_spending
from gateway.models import Budget, BudgetRaise, SpendingSettings, Team
from tests.gateway.budgets.cast import budget
from tests.gateway.budgets.database import made

ALL = Spending(
    budgets=(
        budget(1),
        budget(2, subject="team", of_id=7),
        budget(3, subject="key", of_id=5),
        budget(4, subject="provider", of_id=9),
        budget(5, subject="model", of="gpt-4o*"),
        budget(6, subject="model", of="acme:*"),
        budget(7, subject="tag", of="batch"),
        budget(8, subject="tag", of="nightly"),
    )
)


def of(key: int = 0, team: int = 0, tags: tuple[str, ...] = (), provider: int = 0, model: str = "m") -> set[int]:
    return {one.id for one in ALL.of(key, team, tags, provider, "other" if provider != 9 else "acme", model)}


def test_a_call_counts_in_every_budget_it_is_meant_by_and_in_no_other() -> None:
    assert of() == {1}
    assert of(key=5, team=7) == {1, 2, 3}
    assert of(key=7, team=5) == {1}
    assert of(provider=9) == {1, 4, 6}
    assert of(model="gpt-4o-mini") == {1, 5}
    assert of(tags=("nightly", "batch", "batch", "else")) == {1, 7, 8}


def test_what_apps_invent_does_not_grow_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "MOST_KEPT", 50)
    for number in range(500):
        of(key=number + 100, tags=(f"tag {number}",))
    assert len(ALL._kept) < 10
    for number in range(500):
        of(model=f"model {number}")
    assert len(ALL._kept) <= 50


def test_nothing_configured_is_empty() -> None:
    assert NO_SPENDING.empty and not ALL.empty and NO_SPENDING.of(1, 1, ("a",), 1, "p", "m") == ()


def test_a_raise_counts_from_its_begin_until_its_end() -> None:
    one = budget(amount=100, raises=(Raise(10, 5, 10), Raise(1, 0, 7)))
    assert [one.limit(now) for now in (-1, 0, 5, 7, 10)] == [100, 101, 111, 110, 100]


@pytest.mark.django_db
def test_rows_are_compiled_with_their_raises_and_the_settings() -> None:
    team = Team.objects.create(name="Search")
    row = made("one", 1000, subject="team", team=team, mode="shadow", measure="usage", thresholds=[80, 50, 80])
    made("off", 5, enabled=False)
    made("two", 7, subject="tag", tag="batch", period="total")
    begins, ends = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    BudgetRaise.objects.create(budget=row, amount=50, starts_at=begins, ends_at=ends)
    SpendingSettings(assumed_input_price=Decimal(1), assumed_output_price=Decimal(2), assumed_output=99).save()
    found = compile_spending()
    one, two = found.budgets
    assert (one.name, one.of_id, one.mode, one.measure, one.thresholds) == ("one", team.pk, "shadow", "usage", (50, 80))
    assert one.raises == (Raise(50, begins.timestamp(), ends.timestamp()),)
    assert (two.of, two.period, two.hard) == ("batch", "total", True)
    assert found.assumed_output == 99 and found.assumed is not None
    assert found.assumed.rates["output"].base == 2_000_000_000
    assert Budget._meta.label in SPENDING_LABELS
