"""``/``: to the admin, or to the dashboards for who has no business there."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect


def front(request: HttpRequest) -> HttpResponse:
    member = request.user.is_authenticated and not request.user.is_staff
    return redirect("dashboards:overview" if member else "admin:index")
