"""The playground: models tried in the browser over ``/v1`` itself, as one of the person's API keys."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.generic import TemplateView

from gateway import passes
from monitoring.access import viewer_of_user
from monitoring.live.views import CONTENT_SECURITY_POLICY, strict
from monitoring.models import RequestLog
from monitoring.playground.keys import MOST, may_call, usable_keys

AROUND = timedelta(minutes=1)  # a row's start and its id are made within a moment of each other


@method_decorator(strict, name="dispatch")
class PlaygroundPage(LoginRequiredMixin, TemplateView):
    """``GET /playground/``."""

    template_name = "playground/page.html"
    login_url = "live:login"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        viewer = viewer_of_user(request.user)
        keys = [key for key in usable_keys(viewer)[:MOST] if may_call(key)]
        context = self.get_context_data(
            keys=keys, viewer=viewer, section="playground", may_make_keys=viewer.may("gateway.add_apikey")
        )
        response = self.render_to_response(context)
        policy = CONTENT_SECURITY_POLICY.replace("img-src 'self'", "img-src 'self' data: blob:")
        response.headers["Content-Security-Policy"] = policy  # an image is shown before it is sent
        return response


@method_decorator(strict, name="dispatch")
class PassView(View):
    """``POST /playground/pass`` with ``key=<id>`` → ``{"pass": "sk-sb-pass-…", "seconds": 600}``: what the page calls
    ``/v1`` with. 401 without a session, 404 for a key the person may not call as."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return _refused(401, "Sign in again.")
        given = request.POST.get("key", "")
        if not given.isascii() or not given.isdecimal() or len(given) > 18:
            return _refused(400, "`key` must be the id of an API key.")
        key = usable_keys(viewer_of_user(request.user)).filter(pk=int(given)).first()
        if key is None or not may_call(key):
            return _refused(404, "You may not call as this API key: it is another team's, disabled, or expired.")
        return JsonResponse({"pass": passes.issue(key.pk, request.user.get_username()), "seconds": passes.SECONDS})


@method_decorator(strict, name="dispatch")
class CostView(View):
    """``GET /playground/cost?id=<x-request-id>`` → usage and cost of one call as the log has them, ``{"found": false}``
    until its row is written. Other teams' calls are never found."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return _refused(401, "Sign in again.")
        try:
            wanted = UUID(request.GET.get("id", ""))
        except ValueError:
            return _refused(400, "`id` must be a request's id.")
        viewer = viewer_of_user(request.user)
        made = _made_at(wanted)
        rows = RequestLog.objects.filter(pk=wanted)
        if made is not None:
            rows = rows.filter(started_at__gte=made - AROUND, started_at__lte=made + AROUND)
        row = viewer.of_teams(rows).first()
        if row is None:
            return JsonResponse({"found": False})
        return JsonResponse(
            {
                "found": True,
                "provider": row.provider,
                "model": row.model,
                "input": row.input,
                "output": row.output,
                "reasoning": row.reasoning,
                "cached_input": row.cached_input,
                "usage_basis": row.usage_basis,
                "cost_nano": row.cost_nano,
                "saved_nano": row.saved_nano,
                "cache": row.cache,
                "attempts": len(row.attempts),
                "latency_ms": row.latency_us / 1000,
                "first_byte_ms": row.first_byte_us / 1000,
            }
        )


def _made_at(request_id: UUID) -> datetime | None:
    """When an id of version 7 was made, so that one partition is looked at instead of all."""
    if request_id.version != 7:
        return None
    try:
        return datetime.fromtimestamp((request_id.int >> 80) / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _refused(status: int, message: str) -> HttpResponse:
    body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
    return HttpResponse(json.dumps(body), status=status, content_type="application/json")
