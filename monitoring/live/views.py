"""The live log's pages. They stand outside the admin: most members of teams may not enter that."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView

from monitoring.live.access import EVERYONE, access_of

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def strict(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Nothing but our own files may run on the page: its rows hold text that apps and vendors wrote."""

    @wraps(view)
    def strict_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers["Cache-Control"] = "no-store"
        return response

    return strict_view


@method_decorator(strict, name="dispatch")
class LivePage(LoginRequiredMixin, TemplateView):
    """``GET /live/``: the log as it happens; 403 with an explanation for whom there is nothing to see."""

    template_name = "live/page.html"
    login_url = "live:login"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        access = access_of(request.user)
        context = self.get_context_data(staff=EVERYONE in access.audiences)
        if not access.audiences:
            return self.response_class(request, "live/nothing.html", context, status=403, using=self.template_engine)
        return self.render_to_response(context)


@method_decorator(strict, name="dispatch")
class SignIn(LoginView):
    """``/live/login/``: the admin's own sign-in refuses everybody who is not staff."""

    template_name = "live/login.html"
    next_page = "live:page"


@method_decorator(strict, name="dispatch")
class SignOut(LogoutView):
    """``POST /live/logout/``."""

    next_page = "live:login"
