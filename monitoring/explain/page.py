"""The admin page that explains: a request, typed or out of the log, now and under a draft of the routes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from gateway.errors import CallerError
from gateway.explain.asking import Foreseen, example_name, foresee, snapshot_here
from gateway.explain.drafts import as_draft, read_drafts
from gateway.models import Route
from monitoring.explain.api import CHAT, read_question
from monitoring.explain.asker import PERMISSION, Asker, asker_of
from monitoring.explain.forms import ExplainForm
from monitoring.explain.from_log import Question

NOW, DRAFTED = "Now", "Under the draft"
SAME = "The draft changes nothing for this request: the same targets in the same order."


def page(request: HttpRequest) -> HttpResponse:
    """``GET`` with ``?log=<id>`` explains a request of the log at once; ``?route=<id>`` begins with that route as a
    draft, ``?model=`` with a name. ``POST`` explains what was typed."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    asker, log_id = asker_of(request.user), request.GET.get("log", "")
    shown: list[tuple[str, Foreseen]] = []
    if request.method == "POST":
        form = ExplainForm(request.POST)
        if log_id:
            form.fields["model"].required = False
        if form.is_valid() or (log_id and not set(form.errors) - {"model"}):
            shown = _explained(form, asker, log_id)
    else:
        form = ExplainForm(initial=_initial(request))
        if log_id:
            shown = _of_log(form, asker, log_id)
    context = {
        **admin.site.each_context(request),
        "title": "Explain a request",
        "form": form,
        "shown": shown,
        "log_id": log_id,
        "log_url": _log_url(log_id) if log_id and asker.sees_logs else "",
        "page_url": reverse("explain:page"),
        "routes": _routes_to_draft(),
        "media": form.media,
    }
    return TemplateResponse(request, "admin/monitoring/explain.html", context, headers={"Cache-Control": "no-store"})


def _explained(form: ExplainForm, asker: Asker, log_id: str) -> list[tuple[str, Foreseen]]:
    """What would happen, now and, where there is a draft, under it; what is wrong goes to its field."""
    given = form.cleaned_data
    question: dict[str, Any] = {name: given[name] for name in ("endpoint", "api_key", "session") if given.get(name)}
    question |= {"log_id": log_id} if log_id else {"request": form.body()}
    try:
        asked = read_question(question, asker=asker)
    except CallerError as error:
        form.add_error(error.param if error.param in form.fields else None, error.message)
        return []
    drafts = None
    if given.get("draft"):
        snapshot = snapshot_here()
        try:
            drafts = read_drafts(given["draft"], catalogue=snapshot.catalogue, rules=snapshot.routes.facts.rules)
        except CallerError as error:
            form.add_error("draft", error.message)
            return []
    now = _foreseen(asked)
    if not drafts:
        return [(NOW, now)]
    then = foresee(asked.asked, note="", drafts=drafts)
    return [(NOW, now), (DRAFTED, then._replace(note=SAME if _targets(now) == _targets(then) else ""))]


def _targets(found: Foreseen) -> list[tuple[str, str]]:
    return [(place.provider, place.model) for place in found.plan.places] if found.plan else []


def _of_log(form: ExplainForm, asker: Asker, log_id: str) -> list[tuple[str, Foreseen]]:
    try:
        return [(NOW, _foreseen(read_question({"log_id": log_id}, asker=asker)))]
    except CallerError as error:
        return [(NOW, Foreseen("", None, {"code": error.code, "message": error.message}))]


def _foreseen(question: Question) -> Foreseen:
    return foresee(question.asked, note=question.note)


def _initial(request: HttpRequest) -> dict[str, Any]:
    initial: dict[str, Any] = {"endpoint": CHAT, "model": request.GET.get("model", "")[:250]}
    pk = request.GET.get("route", "")
    route = Route.objects.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 19 else None
    if route is None:
        return initial
    targets = route.targets.select_related("provider", "team").defer("provider__proxy", "provider__secret_settings")
    name = initial["model"] or example_name(route.name, snapshot_here().catalogue)
    return {**initial, "model": name, "draft": {"routes": [as_draft(route, targets)]}}


def _routes_to_draft() -> list[tuple[int, str]]:
    return list(Route.objects.order_by("name").values_list("pk", "name")[:200])


def _log_url(log_id: str) -> str:
    return reverse("admin:monitoring_requestlog_change", args=[log_id])
