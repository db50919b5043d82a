"""The rooms' import rules hold."""

from __future__ import annotations

from importlinter.cli import lint_imports


def test_nobody_imports_against_the_direction() -> None:
    assert lint_imports(no_cache=True) == 0
