"""From the database to ``Guardrails``. A row that cannot be used is compiled too: it fails by its ``on_failure``."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from gateway.guardrails.compiled import Guard, Guardrails
from gateway.guardrails.settings import Broken, actions_of, read_settings
from gateway.models import Guardrail, Route

log = logging.getLogger("switchboard.guardrails")

# A route's new name must reach the guardrails that name it; rows that go are told of by gateway/guardrails/changes.py.
GUARDRAIL_LABELS: frozenset[str] = frozenset({Guardrail._meta.label, Route._meta.label})


def compile_guardrails() -> Guardrails:
    """Every enabled guardrail, in the order they run in."""
    rows = list(Guardrail.objects.filter(enabled=True).order_by("position", "id"))
    teams, keys = _ids(rows, "team"), _ids(rows, "apikey")
    names = dict(Route.objects.filter(guardrails__in=rows).values_list("id", "name")) if rows else {}
    routes = {row: {names[one] for one in ids if one in names} for row, ids in _ids(rows, "route").items()}
    guards = (_guard(row, teams.get(row.pk, ()), keys.get(row.pk, ()), routes.get(row.pk, ())) for row in rows)
    return Guardrails(guards=tuple(guards))


def _ids(rows: Iterable[Guardrail], of: str) -> dict[int, set[int]]:
    """Guardrail → the ids it names, in one query."""
    through: Any = {
        "team": Guardrail.teams.through,
        "apikey": Guardrail.api_keys.through,
        "route": Guardrail.routes.through,
    }[of]
    found: dict[int, set[int]] = {}
    wanted = [row.pk for row in rows]
    if not wanted:
        return found
    for guardrail, one in through.objects.filter(guardrail_id__in=wanted).values_list("guardrail_id", f"{of}_id"):
        found.setdefault(guardrail, set()).add(one)
    return found


def _guard(row: Guardrail, teams: Iterable[int], keys: Iterable[int], routes: Iterable[str]) -> Guard:
    settings, broken = _settings(row)
    return Guard(
        id=row.pk,
        name=row.name,
        kind=row.kind,
        action=row.action,
        position=row.position,
        on_requests=row.on_requests,
        on_replies=row.on_replies,
        shadow=row.shadow,
        closed=row.on_failure != Guardrail.OnFailure.OPEN,
        timeout=row.timeout,
        settings=settings,
        broken=broken,
        teams=frozenset(teams),
        keys=frozenset(keys),
        routes=frozenset(routes),
    )


def _settings(row: Guardrail) -> tuple[Any, str]:
    """What the row's settings say, or why nothing can be made of them."""
    try:
        if row.action not in actions_of(row.kind):
            raise Broken([f"A guardrail of this kind cannot {row.action}."])
        return read_settings(row.kind, row.settings), ""
    except Broken as error:
        broken = " ".join(error.problems)
    except Exception as error:
        broken = f"Its settings cannot be used ({type(error).__name__})."
    log.error("the guardrail %s cannot be used and fails for every call it is for: %s", row.name, broken)
    return None, broken
