"""``/api/monitoring/…/logs``: the event logs of providers, their statistics, and emptying one."""

from __future__ import annotations

from typing import Any

import msgspec
from rest_framework.request import Request
from rest_framework.response import Response

from monitoring.api.audit import changed
from monitoring.api.base import MonitoringView, answer, read_body
from monitoring.api.documented import EVENTS, told
from monitoring.api.keyset import bad_cursor
from monitoring.api.params import LogEntryParams, Params, read
from monitoring.api.shapes_logs import Cleared, LogEntryPage, LogStatsAnswer
from monitoring.provider_logs import entries
from providers import actions

OWN = "Members of teams and keys of a team get the events of their own team's requests."


class EventLogs(MonitoringView):
    """``source`` is where entries are asked for."""

    source: Any = entries

    def page(self, request: Request, provider: str) -> Response:
        given = read(request, LogEntryParams)
        try:
            found = self.source.entries(
                self.viewer,
                provider,
                level=given["level"],
                event=given["event"],
                text=given["text"],
                cursor=given["cursor"],
                most=given["limit"],
            )
        except ValueError:
            raise bad_cursor() from None
        data = [msgspec.to_builtins(one) for one in found.entries]
        return Response({"data": data, "next": found.next or None})


class ProviderEventLog(EventLogs):
    @told(
        "getEventLog",
        "Event log of a provider",
        "What happened lately, the newest first: requests and answers, tokens, rate limits, breakers, health. " + OWN,
        tag=EVENTS,
        returns=LogEntryPage,
        params=LogEntryParams,
        named=True,
    )
    def get(self, request: Request, name: str) -> Response:
        return self.page(request, actions.find_provider(name).name)


class AllEventLogs(EventLogs):
    @told(
        "getAllEventLogs",
        "Event logs of all providers",
        "The newest first. " + OWN,
        tag=EVENTS,
        returns=LogEntryPage,
        params=LogEntryParams,
    )
    def get(self, request: Request) -> Response:
        return self.page(request, "")


class EventLogStats(MonitoringView):
    source: Any = entries

    @told(
        "getEventLogStats",
        "What the event logs hold",
        "By provider: entries by level and by event, and how old they are. " + OWN,
        tag=EVENTS,
        returns=LogStatsAnswer,
    )
    def get(self, request: Request) -> Response:
        read(request, Params)
        return answer(LogStatsAnswer, {"data": self.source.stats(self.viewer)})


class ClearEventLog(MonitoringView):
    source: Any = entries
    needs = "providers.change_provider"
    for_everything = True

    @told(
        "clearEventLog",
        "Empty the event log of a provider",
        "In every process, files too. The request log, spend and budgets are as they were. No body is needed.",
        tag=EVENTS,
        returns=Cleared,
        named=True,
    )
    def post(self, request: Request, name: str) -> Response:
        read_body(request, (), optional=True)
        provider = actions.find_provider(name)
        count = self.source.clear(provider.name)
        changed(self.viewer, provider, "Emptied its event log.")
        return answer(Cleared, {"provider": provider.name, "cleared": count})
