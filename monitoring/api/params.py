"""Query parameters: which there are, of which type and size, and what is said to a wrong one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from gateway.errors import BadRequest
from monitoring.provider_logs.entries import EVENTS, LEVELS
from monitoring.rollups.figures import BY, Span

MOST = 200  # rows of a page
USUAL = 100
LONGEST = timedelta(days=400)
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
LARGEST = 2**63 - 1

Params = serializers.Serializer[Any]


class YesNo(serializers.BooleanField):
    default_empty_html = serializers.empty  # what is not sent is not said: DRF takes it for an empty box of a form


class Paged(Params):
    limit = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST, default=USUAL, help_text="Rows of a page."
    )
    cursor = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=200, help_text="The `next` of the page before."
    )


class Spanned(Params):
    """``span`` back from now, or ``since`` and ``until``."""

    span = serializers.RegexField(
        r"^[1-9][0-9]{0,3}[mhd]$",
        required=False,
        max_length=5,
        help_text="Minutes, hours or days back from now: 15m, 24h (usual), 30d. At most 400 days.",
    )
    since = serializers.DateTimeField(
        required=False, default_timezone=UTC, help_text="From then on, instead of `span`. Without an offset it is UTC."
    )
    until = serializers.DateTimeField(required=False, default_timezone=UTC, help_text="Up to then; now without it.")


class ProviderParams(Paged):
    enabled = YesNo(required=False, default=None)
    vendor = serializers.CharField(required=False, max_length=50, default="", help_text="A vendor's slug.")
    search = serializers.CharField(required=False, max_length=100, default="", help_text="A part of its name.")


CAN = ("vision", "tools", "reasoning", "structured_output", "audio", "streaming")


class StatusParams(Params):
    enabled = YesNo(required=False, default=None)


class ModelParams(Paged):
    enabled = YesNo(required=False, default=None)
    can = serializers.CharField(
        required=False, max_length=100, default="", help_text=f"What it is known to do, with commas: {', '.join(CAN)}."
    )
    search = serializers.CharField(required=False, max_length=100, default="", help_text="A part of its id.")

    def validate_can(self, value: str) -> list[str]:
        asked = [one.strip() for one in value.split(",") if one.strip()]
        if unknown := [one for one in asked if one not in CAN]:
            raise serializers.ValidationError(f"{unknown[0]!r} is not known; these are: {', '.join(CAN)}.")
        return asked


class TokenParams(Paged):
    enabled = YesNo(required=False, default=None)


class AllTokenParams(TokenParams):
    provider = serializers.CharField(required=False, max_length=60, default="", help_text="A provider's name.")


class CostParams(Spanned):
    by = serializers.ChoiceField(choices=[(one, one) for one in BY], required=False, default="provider")


class HealthParams(Spanned):
    provider = serializers.CharField(required=False, max_length=60, default="", help_text="Only this provider.")
    models = serializers.BooleanField(required=False, default=False, help_text="Models too.")


class LogEntryParams(Paged):
    level = serializers.ChoiceField(
        choices=[(one, one) for one in LEVELS], required=False, default="debug", help_text="This level and above."
    )
    event = serializers.ChoiceField(choices=[(one, one) for one in EVENTS], required=False, default="")
    text = serializers.CharField(required=False, max_length=200, default="", help_text="A part of the message.")


def _text(told: str, **more: Any) -> serializers.CharField:
    return serializers.CharField(required=False, max_length=300, help_text=told, **more)


class ProviderRequestParams(Params):
    """For the schema; ``monitoring.explorer`` reads them. Several values, with commas, are alternatives."""

    since = _text("A time (2026-05-01T08:00Z), how far back (30m, 6h, 7d, 2w), or all. Usual: 1d.")
    until = _text("A time; now without it.")
    team = _text("A team's name or id.")
    key = _text("An API key's name or id.")
    model = _text("The vendor's ids, with commas.")
    status = _text("2xx, 3xx, 4xx, 5xx or codes, with commas.")
    ended_by = _text("done, failed, cancelled, interrupted, with commas.")
    error = _text("A part of the error's text or code.")
    error_code = _text("An error's code.")
    cost_min = _text("US dollars.")
    cost_max = _text("US dollars.")
    latency_min = _text("Milliseconds.")
    latency_max = _text("Milliseconds.")
    session = _text("The conversation.")
    request = _text("The id the app was told.")
    cached = _text("yes, no, hit, similar, joined or stored.")
    judged = _text("any, none, blocked, shadow, changed, noted or failed.")
    endpoint = _text("chat.completions …, with commas.")
    stream = _text("yes or no.")
    limit = serializers.IntegerField(required=False, min_value=1, max_value=MOST, help_text=f"Usual: {USUAL}.")
    cursor = _text("The `next` of the page before.")


class RequestParams(ProviderRequestParams):
    provider = _text("Names of providers, with commas.")


def read(request: Request, kind: type[Params]) -> dict[str, Any]:
    """The query's parameters, each checked. Raises ``BadRequest`` naming the first that is wrong."""
    known_only(request.query_params, list(kind().fields))
    given = kind(data=request.query_params)
    if given.is_valid():
        return dict(given.validated_data)
    name, said = next(iter(given.errors.items()))
    raise BadRequest(f"`{name}`: {_first(said)}", param=str(name))


def known_only(given: Iterable[str], known: Sequence[str]) -> None:
    """A parameter that is misspelt would else be a filter that does nothing."""
    for name in given:
        if name not in known:
            names = ", ".join(f"`{one}`" for one in known) or "none"
            raise BadRequest(f"`{name[:60]}` is no parameter here; these are: {names}.", param=name[:60])


def _first(said: Any) -> str:
    while isinstance(said, list | tuple | Mapping):
        said = next(iter(said.values() if isinstance(said, Mapping) else said), "It is wrong.")
    return str(said)


def span_of(given: Mapping[str, Any], *, usual: timedelta = timedelta(days=1)) -> Span:
    """The asked span of time; ``usual`` far back from now without one. Raises ``BadRequest``."""
    since, until, word = given.get("since"), given.get("until"), given.get("span")
    if word and (since or until):
        raise BadRequest("Send `span`, or `since` and `until`, not both.", param="span")
    end = until or timezone.now()
    for name, moment in (("since", since), ("until", until)):
        if moment is not None and not EARLIEST <= moment <= LATEST:
            raise BadRequest(f"`{name}` lies outside what can be asked for.", param=name)
    length = timedelta(**{UNITS[word[-1]]: int(word[:-1])}) if word else usual
    begin = since or end - length
    if begin >= end:
        raise BadRequest("`since` must lie before `until`.", param="since")
    if end - begin > LONGEST:
        raise BadRequest(f"A span has at most {LONGEST.days} days.", param="span" if word else "since")
    return Span(since=begin, until=end)
