"""What all dashboards share: signed in, seeing something, and nothing of anybody else's running on the page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View

from monitoring.access import NOBODY, Viewer, viewer_of_user
from monitoring.dashboards.source import Source
from monitoring.live.views import strict
from monitoring.rollups import figures


@method_decorator(strict, name="dispatch")
class Board(LoginRequiredMixin, View):
    """``source`` and ``clock`` can be replaced in ``as_view``. Whoever belongs to no team gets 403 and an explanation.

    A page says ``template_name`` and ``context``."""

    login_url = "live:login"
    source: Source = figures
    clock: ClassVar[Any] = staticmethod(timezone.now)
    template_name = ""
    viewer: Viewer = NOBODY
    now: datetime

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.now = self.clock()
        self.viewer = viewer_of_user(request.user)
        if request.user.is_authenticated and self.viewer.nothing:
            return render(request, "dashboards/nothing.html", status=403)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **names: Any) -> HttpResponse:
        return render(request, self.template_name, {"viewer": self.viewer, "now": self.now, **self.context(**names)})

    def context(self, **names: Any) -> dict[str, Any]:
        raise NotImplementedError


class BoardData(Board):
    """The figures that a page's script asks for, as JSON: ``answer`` gives them. Not signed in: 401, and no detour."""

    def get(self, request: HttpRequest, **names: Any) -> HttpResponse:
        return JsonResponse(self.answer(request))

    def answer(self, request: HttpRequest) -> dict[str, Any]:
        raise NotImplementedError

    def handle_no_permission(self) -> HttpResponse:  # type: ignore[override]
        return JsonResponse({"error": {"message": "Sign in to see figures."}}, status=401)
