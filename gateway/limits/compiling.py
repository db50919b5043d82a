"""From rows to compiled limits: two queries, off the event loop, on a save and at the start."""

from __future__ import annotations

from gateway.limits.compiled import NO_LIMITS, Limits, Numbers
from gateway.models import Limit, Team

__all__ = ["LIMIT_LABELS", "NO_LIMITS", "compile_limits"]

# A team's name stands in its rule. A key's or provider's comes with the call, and a row of one that was deleted holds
# for nobody.
LIMIT_LABELS = frozenset({Limit._meta.label, Team._meta.label})
FIELDS = ("subject", "team_id", "api_key_id", "provider_id", "model", *Limit.NUMBERS)


def compile_limits() -> Limits:
    everyone: Numbers | None = None
    each_key: dict[int, Numbers] = {}
    keys: dict[int, Numbers] = {}
    providers: dict[int, Numbers] = {}
    models: dict[str, Numbers] = {}
    of_teams: dict[int, Numbers] = {}
    for subject, team, key, provider, model, *counts in Limit.objects.filter(enabled=True).values_list(*FIELDS):
        numbers = Numbers(*counts)
        match subject:
            case Limit.Subject.EVERYONE:
                everyone = numbers
            case Limit.Subject.EACH_KEY:
                each_key[team or 0] = numbers
            case Limit.Subject.KEY if key is not None:
                keys[key] = numbers
            case Limit.Subject.TEAM if team is not None:
                of_teams[team] = numbers
            case Limit.Subject.PROVIDER if provider is not None:
                providers[provider] = numbers
            case Limit.Subject.MODEL if model:
                models[model] = numbers
    names = dict(Team.objects.filter(pk__in=of_teams).values_list("id", "name")) if of_teams else {}
    teams = {team: (names[team], numbers) for team, numbers in of_teams.items() if team in names}
    return Limits(everyone=everyone, each_key=each_key, keys=keys, teams=teams, providers=providers, models=models)
