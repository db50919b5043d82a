"""The live log's pages. They stand outside the admin: most members of teams may not enter that."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse_lazy
from django.views.generic import TemplateView

from monitoring.live.access import EVERYONE, access_of

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class StrictPage:
    """Nothing but our own files may run on these pages: rows hold text that apps and vendors wrote."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        response.headers["Cache-Control"] = "no-store"
        return response


class LivePage(StrictPage, LoginRequiredMixin, TemplateView):
    """``GET /live/``: the log as it happens; 403 with an explanation for whom there is nothing to see."""

    template_name = "live/page.html"
    login_url = reverse_lazy("live:login")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        access = access_of(request.user)
        context = self.get_context_data(staff=EVERYONE in access.audiences)
        if not access.audiences:
            return self.response_class(request, "live/nothing.html", context, status=403, using=self.template_engine)
        return self.render_to_response(context)


class SignIn(StrictPage, LoginView):
    """``/live/login/``: the admin's own sign-in refuses everybody who is not staff."""

    template_name = "live/login.html"
    next_page = reverse_lazy("live:page")


class SignOut(StrictPage, LogoutView):
    next_page = reverse_lazy("live:login")
