"""A real server under load: most of what can be a hit is one, at once, and nobody gets another's answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.gateway.cache.load import at, run

pytestmark = pytest.mark.services


def test_under_load_hits_are_many_and_right(tmp_path: Path) -> None:
    seen = run(tmp_path, calls=1500, of=300, clients=4)
    assert seen.wrong == []
    assert seen.ratio > seen.most - 0.02  # questions that came twice at once are asked twice


def test_a_hit_takes_less_than_a_millisecond_from_the_apps_side(tmp_path: Path) -> None:
    seen = run(tmp_path, calls=1000, of=100, clients=1)
    assert seen.wrong == []
    assert seen.ratio == seen.most
    assert at(seen.hits, 50) < 1.0
