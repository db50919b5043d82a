"""Shapes of the two logs: events of providers, and requests."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from monitoring.api.shapes import Counts, Flag, Moment, Number, Shape, Text, Whole, maybe, one_of, page_of, rows, words
from monitoring.api.shapes_watch import OTHERS
from monitoring.models import RequestLog
from monitoring.provider_logs.entries import EVENTS, LEVELS


class LogEntry(Shape):
    """One event, as it stands in the provider's log file. Never a secret, a prompt or an answer."""

    id = Text(help_text="Grows with time.")
    at = Whole(help_text="Milliseconds since 1970, UTC.")
    level = one_of(LEVELS)
    event = one_of(EVENTS)
    provider, message = Text(), words()
    process, model = words(required=False), words(required=False)
    token = words("Fingerprint.", required=False)
    request_id = words("The id of the row in the request log.", required=False)
    team_id, status = Whole(required=False), Whole(required=False)
    error = words(required=False)
    latency_ms = Number(required=False)


LogEntryPage = page_of(LogEntry, "LogEntryPage", "Events, the newest first.")


class LogStats(Shape):
    """Of what is kept now, as far as the asker may see it."""

    provider = Text()
    entries = Whole()
    by_level, by_event = Counts(), Counts()
    oldest, newest = maybe(Whole, "Milliseconds since 1970."), maybe(Whole, "Milliseconds since 1970.")
    file_bytes = Whole(help_text="Of the files of the process that answers.")


class LogStatsAnswer(Shape):
    data = rows(LogStats)


class Cleared(Shape):
    """The event log is empty. The request log, and what counts money, is as it was."""

    provider = Text()
    cleared = Whole(help_text="Entries that memory held.")


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class Words(serializers.ListField):
    """A list of texts."""


class AttemptRow(Shape):
    """One try at one target with one token."""

    provider, model = words(), words()
    token = maybe(Text, "Fingerprint; " + OTHERS, allow_blank=True)
    status = Whole()
    error_code = words()
    duration_ms = Number()
    cost_nano = maybe(Whole)


class RequestRow(Shape):
    """One request, without what was asked or answered."""

    id = Text()
    request_id = words("As the app was told it.")
    started_at = Moment()
    endpoint = Text()
    team_id, api_key_id = maybe(Whole), maybe(Whole)
    team, api_key = words(), words()
    requested_model, provider, vendor, model = words(), words(), words(), words()
    stream = Flag()
    status = Whole()
    ended_by = one_of(RequestLog.EndedBy.choices)
    finish, error_code, error_message = words(), words(), words()
    input, output, cached_input, cache_write_input, reasoning = Whole(), Whole(), Whole(), Whole(), Whole()
    usage_basis = Text()
    cost_nano, cost_usd = maybe(Whole, "null: not known."), maybe(Number, "null: not known.")
    cost_basis = Text()
    latency_ms, first_byte_ms = Number(), maybe(Number, "null: nothing came.")
    cache, judged, session = words(), words(), words()
    tags = Words()
    attempts = rows(AttemptRow)


RequestPage = page_of(RequestRow, "RequestPage", "Requests, the newest first.")
