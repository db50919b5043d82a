"""Which rules hold for a call, and whose numbers they are."""

from __future__ import annotations

import pytest

from gateway.limits import compiled
from gateway.limits.compiled import NO_LIMITS, Limits, Numbers, Rule
from gateway.limits.compiling import LIMIT_LABELS, compile_limits
from gateway.models import ApiKey, Limit, Team
from gateway.snapshot import KeyFacts
from providers.models import Provider


def key(number: int = 7, team: int = 0, name: str = "crawler") -> KeyFacts:
    return KeyFacts(number, name, team, True, 0.0, frozenset(), ())


def test_nothing_configured_is_empty_and_holds_for_nobody() -> None:
    assert NO_LIMITS.empty
    assert NO_LIMITS.of_call(key()) == ()
    assert NO_LIMITS.of_target(1, "openai", "gpt-4o") == ()


def test_everyone_then_the_team_then_the_key() -> None:
    limits = Limits(everyone=Numbers(100), teams={3: ("Search", Numbers(None, 50))}, keys={7: Numbers(parallel=2)})
    assert not limits.empty
    assert limits.of_call(key(team=3)) == (
        Rule("everyone", "everyone", 100),
        Rule("team:3", "team Search", None, 50),
        Rule("key:7", "API key crawler", None, None, 2),
    )
    assert [rule.scope for rule in limits.of_call(key(team=3))] == ["everyone", "team", "key"]
    assert limits.of_call(key(8)) == (Rule("everyone", "everyone", 100),)


def test_a_keys_numbers_are_inherited_one_by_one() -> None:
    limits = Limits(each_key={0: Numbers(10, 1000, 5), 3: Numbers(20, None, 6)}, keys={7: Numbers(None, None, 7)})
    assert limits.of_call(key(7, 3))[0][2:] == (20, 1000, 7)
    assert limits.of_call(key(8, 3))[0][2:] == (20, 1000, 6)
    assert limits.of_call(key(7))[0][2:] == (10, 1000, 7)
    assert limits.of_call(key(9, 4))[0] == Rule("key:9", "API key crawler", 10, 1000, 5)


def test_a_key_that_changes_team_or_name_is_looked_up_anew() -> None:
    limits = Limits(each_key={3: Numbers(20)})
    assert limits.of_call(key()) == ()
    assert limits.of_call(key(team=3)) == (Rule("key:7", "API key crawler", 20),)
    assert limits.of_call(key(team=3, name="new")) == (Rule("key:7", "API key new", 20),)


def test_every_pattern_a_model_matches_holds_and_so_does_its_provider() -> None:
    limits = Limits(
        providers={1: Numbers(9)},
        models={"gpt-4o*": Numbers(1), "azure:gpt-*": Numbers(2), "gpt-4o": Numbers(3), "GPT-4O": Numbers(4)},
    )
    assert limits.of_target(1, "openai", "gpt-4o") == (
        Rule("provider:1", "provider openai", 9),
        Rule("model:gpt-4o*", "model gpt-4o*", 1),
        Rule("model:gpt-4o", "model gpt-4o", 3),
    )
    assert [rule.id for rule in limits.of_target(2, "azure", "gpt-4o-mini")] == ["model:gpt-4o*", "model:azure:gpt-*"]
    assert all(rule.of_target for rule in limits.of_target(1, "openai", "gpt-4o"))
    assert not any(rule.of_target for rule in Limits(everyone=Numbers(1)).of_call(key()))


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "MOST_KEPT", 3)
    limits = Limits(models={"*": Numbers(1)})
    for number in range(20):
        assert limits.of_target(1, "openai", f"m{number}")
        assert len(limits._targets) <= 3
    assert limits.of_target(1, "openai", "m1") is limits.of_target(1, "openai", "m1")


@pytest.mark.django_db
def test_rows_are_compiled() -> None:
    assert compile_limits().empty
    team = Team.objects.create(name="Search")
    row, _ = ApiKey.issue("crawler", team=team)
    provider = Provider.objects.create(name="acme", vendor="openai")
    subject = Limit.Subject
    Limit(subject=subject.EVERYONE, requests_per_minute=100).save()
    Limit(subject=subject.EACH_KEY, requests_per_minute=10).save()
    Limit(subject=subject.EACH_KEY, team=team, usage_per_minute=5000).save()
    Limit(subject=subject.KEY, api_key=row, parallel=2).save()
    Limit(subject=subject.TEAM, team=team, requests_per_minute=50).save()
    Limit(subject=subject.PROVIDER, provider=provider, parallel=30).save()
    Limit(subject=subject.MODEL, model="gpt-*", usage_per_minute=9).save()
    Limit(subject=subject.MODEL, model="*", usage_per_minute=1, enabled=False).save()
    limits = compile_limits()
    assert limits.of_call(key(row.pk, team.pk)) == (
        Rule("everyone", "everyone", 100),
        Rule(f"team:{team.pk}", "team Search", 50),
        Rule(f"key:{row.pk}", "API key crawler", 10, 5000, 2),
    )
    assert limits.of_target(provider.pk, "acme", "gpt-5") == (
        Rule(f"provider:{provider.pk}", "provider acme", None, None, 30),
        Rule("model:gpt-*", "model gpt-*", None, 9),
    )
    assert {"gateway.Limit", "gateway.Team"} == LIMIT_LABELS
