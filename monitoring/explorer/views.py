"""The request log's pages for teams: the list, one exchange, exports."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.generic import View

from monitoring.access import Viewer, viewer_of_user
from monitoring.admin import log_page
from monitoring.dashboards.address import Address
from monitoring.explorer import exports, query
from monitoring.explorer.choosing import choices, further
from monitoring.explorer.filters import FilterError
from monitoring.explorer.lines import lines
from monitoring.explorer.story import story
from monitoring.live.views import strict
from monitoring.models import RequestContent, RequestLog

SLOW = (
    "This filter reads more of the log than can be looked through while you wait. Narrow it: choose a shorter time, or "
    "add a team, an API key, a provider or a model."
)
KINDS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


@method_decorator(strict, name="dispatch")
class Page(LoginRequiredMixin, View):
    """Asks to sign in; who belongs to no team is told so."""

    login_url = "live:login"
    viewer: Viewer

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            self.viewer = viewer_of_user(request.user)
            if self.viewer.nothing:
                return render(request, "logs/nothing.html", {"section": "logs"}, status=403)
        return super().dispatch(request, *args, **kwargs)


class LogList(Page):
    """``GET /logs/``. With ``part=rows`` only the table, which the live tail puts in the place of the old one."""

    def get(self, request: HttpRequest) -> HttpResponse:
        part = request.GET.get("part") == "rows"
        address = Address.of(reverse("logs:list"), {name: request.GET.getlist(name) for name in request.GET})
        address = address.put(part=None)
        context: dict[str, Any] = {"section": "logs", "viewer": self.viewer, "staff": self.viewer.everything}
        status, problem = 200, ""
        found = query.LogPage(rows=[])
        try:
            asked = query.read_filter(request.GET, self.viewer)
            found = query.page(self.viewer, asked, address.values("cursor")[0] if address.values("cursor") else "")
        except FilterError as error:
            status, problem = 400, error.message
        except query.TooSlow:
            status, problem = 503, SLOW
        plain = address.put(cursor=None)
        context |= {
            "lines": lines(found.rows, plain),
            "found": found,
            "problem": problem,
            "older": str(address.put(cursor=found.next)) if found.next else "",
            "newer": str(address.put(cursor=found.previous)) if found.previous else "",
            "newest": str(plain) if address.values("cursor") else "",
            "further": further(plain),
            "everything": str(plain.at(plain.path)),
            "any_at_all": bool(found.rows) or bool(problem) or _any_at_all(self.viewer),
        }
        if not part:
            tail = not (address.values("cursor") or address.values("until") or problem)
            context |= {"choices": choices(self.viewer, plain), "tail": tail, "exports": _exports(plain)}
        return render(request, "logs/rows.html" if part else "logs/list.html", context, status=status)


class LogOne(Page):
    """``GET /logs/<uuid>/``: 404 for what the viewer may not see, as for what is not there."""

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        row = _row(self.viewer, pk)
        has_content = RequestContent.objects.filter(pk=row.pk).exists()
        context = {
            **story(row, staff=self.viewer.everything),
            "section": "logs",
            "viewer": self.viewer,
            "row": row,
            "has_content": has_content,
            "may_see_content": has_content and may_read(self.viewer),
            "session_url": f"{reverse('logs:list')}?session={row.session}&since=all" if row.session else "",
            "admin_url": _admin_url(self.viewer, row),
        }
        return render(request, "logs/one.html", context)


class Content(Page):
    """``POST /logs/<uuid>/content/``: what was asked and answered, decrypted. Noted in the history, never cached."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        row = _row(self.viewer, pk)
        if not may_read(self.viewer):
            raise PermissionDenied
        stored = RequestContent.objects.filter(pk=row.pk).first()
        if stored is None:
            raise Http404
        LogEntry.objects.create(
            user_id=request.user.pk or 0,
            content_type_id=ContentType.objects.get_for_model(RequestLog).pk,
            object_id=str(row.pk),
            object_repr=str(row),
            action_flag=CHANGE,
            change_message="Read the stored prompt and answer.",
        )
        context = {"section": "logs", "row": row, "parts": log_page.opened(stored)}
        return render(request, "logs/content.html", context)


class Export(Page):
    """``GET /logs/export.csv`` and ``.jsonl`` with the list's filters; ``most`` rows, a million at most."""

    def get(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        try:
            asked, most = query.read_filter(request.GET, self.viewer), _most(request.GET)
        except FilterError as error:
            return HttpResponse(f"{error.message}\n", status=400, content_type="text/plain; charset=utf-8")
        now = datetime.now(UTC)
        export = exports.Export(self.viewer, asked, most=most, now=now)
        texts = export.csv() if kind == "csv" else export.jsonl()
        body = exports.on_loop(texts) if isinstance(request, ASGIRequest) else texts
        headers = {
            "Content-Disposition": f'attachment; filename="requests-{now:%Y%m%dT%H%M%SZ}.{kind}"',
            "X-Most-Rows": str(most),
            "X-Accel-Buffering": "no",
        }
        return StreamingHttpResponse(body, content_type=KINDS[kind], headers=headers)


def may_read(viewer: Viewer) -> bool:
    """Stored prompts and answers are for staff who have the permission."""
    return viewer.user is not None and viewer.everything and viewer.may("monitoring.view_requestcontent")


def _row(viewer: Viewer, pk: uuid.UUID) -> RequestLog:
    found = query.one(viewer, pk)
    if found is None:
        raise Http404("There is no such request, or it is another team's.")
    return found


def _any_at_all(viewer: Viewer) -> bool:
    return viewer.of_teams(RequestLog.objects.order_by()).exists()


def _admin_url(viewer: Viewer, row: RequestLog) -> str:
    if not viewer.may("monitoring.view_requestlog"):
        return ""
    return reverse("admin:monitoring_requestlog_change", args=[row.pk])


def _exports(address: Address) -> list[tuple[str, str]]:
    paths = ((kind, reverse("logs:export", args=[kind])) for kind in KINDS)
    return [(kind, str(address.at(path))) for kind, path in paths]


def _most(params: Mapping[str, Any]) -> int:
    text = str(params.get("most", "") or exports.MOST)
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= exports.MOST):
        raise FilterError("most", f"most is a number of rows from 1 to {exports.MOST:,}; {text[:40]!r} is not.")
    return int(text)
