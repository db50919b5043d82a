"""``POST /api/routing/explain``: what would happen to a request now, or under a draft of the routes.

    {"request": {…a body as an app sends it…} | "log_id": "…", "endpoint": "chat.completions", "api_key": "its name",
     "session": "…", "draft": {"routes": […]}}

Answered with ``{"story": …, "error": null, "basis": "request" | "content" | "row", "note": "…"}``. ``error`` is what
the app would get; what is wrong with the question is an HTTP error in OpenAI's envelope. A key of a
team sees the requests and keys of that team only, unless it may administer.
"""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from gateway.errors import BadRequest, Forbidden, Unauthenticated
from gateway.explain.asking import ask, key_named, snapshot_here
from gateway.explain.drafts import read_drafts
from gateway.models import ApiKey
from gateway.routing.explain import Asked
from monitoring.api.base import SIGN_IN, SiteView, read_body
from monitoring.explain.asker import KEY_SCOPES, PERMISSION, Asker, asker_of, key_asker
from monitoring.explain.from_log import Question, from_log
from monitoring.explain.own import own

FIELDS = ("request", "log_id", "endpoint", "api_key", "session", "draft")
CHAT = "chat.completions"


class MayExplain(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        who: Any = request.user  # None where nobody signed in
        if isinstance(who, ApiKey):
            if KEY_SCOPES.isdisjoint(who.scopes):
                raise Forbidden("This API key may not explain routing: it lacks the scope `monitoring`.")
            return True
        if who is None or not who.is_authenticated:
            raise Unauthenticated(SIGN_IN)
        if not (who.is_staff and who.has_perm(PERMISSION)):
            raise Forbidden("You may not explain routing: the permission “Can view route” is missing.")
        return True


class ExplainView(SiteView):
    permission_classes = [MayExplain]
    http_method_names = ["post"]

    @extend_schema(exclude=True)  # told by hand beside the gateway's own endpoints
    def post(self, request: Request) -> Response:
        given, who = read_body(request, FIELDS), cast(Any, request.user)
        asker = key_asker(who) if isinstance(who, ApiKey) else asker_of(who)
        question = read_question(given, asker=asker)
        drafts = None
        if given.get("draft") is not None:
            snapshot = snapshot_here()
            rules = snapshot.routes.facts.rules
            drafts = read_drafts(given["draft"], catalogue=snapshot.catalogue, rules=rules, team_id=asker.team)
        found = ask(question.asked, drafts=drafts)
        if asker.team:
            found["story"] = own(found["story"])
        return Response({**found, "basis": question.basis, "note": question.note})


def read_question(given: dict[str, Any], *, asker: Asker) -> Question:
    """Raises ``BadRequest`` and ``Forbidden``."""
    log_id, body = _text(given, "log_id"), given.get("request")
    if bool(log_id) == (body is not None):
        raise BadRequest("Send either `request` or `log_id`.", param="request")
    question = from_log(log_id, asker=asker) if log_id else _typed(body, given)
    if not (name := _text(given, "api_key")):
        return question
    if not asker.names_keys:
        raise Forbidden("You may not ask as an API key: the permission “Can view API key” is missing.", param="api_key")
    key = key_named(name, team_id=asker.team)
    return question._replace(asked=question.asked._replace(key=key, team_id=key.team_id))


def _typed(body: Any, given: dict[str, Any]) -> Question:
    if not isinstance(body, dict):
        raise BadRequest("`request` must be an object: the body an app would send.", param="request")
    endpoint, session = _text(given, "endpoint") or CHAT, _text(given, "session")
    return Question(Asked(body=body, endpoint=endpoint, session=session), "request")


def _text(given: dict[str, Any], name: str) -> str:
    found = given.get(name)
    if found is not None and not isinstance(found, str):
        raise BadRequest(f"`{name}` must be a text.", param=name)
    return found or ""
