"""``/providers/logs``: the request log, filtered and paged as everywhere else; never a prompt or an answer."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from gateway.errors import BadRequest
from monitoring.access import Viewer
from monitoring.api.base import MonitoringView, answer
from monitoring.api.documented import REQUESTS, told
from monitoring.api.params import MOST, USUAL, ProviderRequestParams, RequestParams, known_only
from monitoring.api.shapes import usd
from monitoring.api.shapes_logs import RequestPage
from monitoring.explorer.query import PARAMETERS, FilterError, TooSlow, page, read_filter
from monitoring.models import RequestLog
from providers import actions
from providers.errors import SwitchboardError

COPIED = (
    *("id", "request_id", "started_at", "endpoint", "team_id", "api_key_id", "team", "api_key", "requested_model"),
    *("provider", "vendor", "model", "stream", "status", "ended_by", "finish", "error_code", "error_message"),
    *("input", "output", "cached_input", "cache_write_input", "reasoning", "usage_basis", "cost_nano", "cost_basis"),
    *("cache", "judged", "session", "tags"),
)
OWN = (
    "The newest first, of the last 24 hours unless `since` says otherwise. Members of teams and keys of a team get "
    "their own team's requests."
)


class RequestLogs(MonitoringView):
    def page(self, request: Request, provider: str = "") -> Response:
        given = request.query_params.copy()
        known_only(given, (*PARAMETERS, "limit", "cursor") if not provider else (*_UNNAMED, "limit", "cursor"))
        cursor, limit = given.get("cursor", ""), _limit(given.get("limit", ""))
        if provider:
            given["provider"] = provider
        try:
            found = page(self.viewer, read_filter(given, self.viewer), cursor, limit)
        except FilterError as error:
            raise BadRequest(error.message, param=error.param) from None
        except TooSlow:
            message = "The log could not be looked through in time. Narrow the time or the filters."
            raise SwitchboardError(message, code="too_slow", status=503, retry_after=5) from None
        rows = [request_row(row, self.viewer) for row in found.rows]
        return answer(RequestPage, {"data": rows, "next": found.next or None})


_UNNAMED = tuple(one for one in PARAMETERS if one != "provider")


class AllRequests(RequestLogs):
    @told(
        "listRequests",
        "Request log",
        OWN,
        tag=REQUESTS,
        returns=RequestPage,
        params=RequestParams,
    )
    def get(self, request: Request) -> Response:
        return self.page(request)


class ProviderRequests(RequestLogs):
    @told(
        "listProviderRequests",
        "Request log of a provider",
        OWN,
        tag=REQUESTS,
        returns=RequestPage,
        params=ProviderRequestParams,
        named=True,
    )
    def get(self, request: Request, name: str) -> Response:
        return self.page(request, actions.find_provider(name).name)


def request_row(row: RequestLog, viewer: Viewer) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in COPIED},
        "id": str(row.id),
        "cost_usd": usd(row.cost_nano),
        "latency_ms": row.latency_us / 1000,
        "first_byte_ms": row.first_byte_us / 1000 if row.first_byte_us else None,
        "attempts": [_attempt(one, viewer) for one in row.attempts],
    }


def _attempt(one: dict[str, Any], viewer: Viewer) -> dict[str, Any]:
    return {
        "provider": one.get("provider", ""),
        "model": one.get("model", ""),
        "token": one.get("token", "") if viewer.everything else None,
        "status": one.get("status", 0),
        "error_code": one.get("error", ""),
        "duration_ms": one.get("duration_us", 0) / 1000,
        "cost_nano": one.get("cost_nano"),
    }


def _limit(text: str) -> int:
    if not text:
        return USUAL
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST):
        raise BadRequest(f"`limit` is a number from 1 to {MOST}.", param="limit")
    return int(text)
