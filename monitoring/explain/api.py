"""``POST /api/routing/explain``: what would happen to a request now, or under a draft of the routes.

    {"request": {…a body as an app sends it…} | "log_id": "…", "endpoint": "chat.completions", "api_key": "its name",
     "session": "…", "draft": {"routes": […]}}

Answered with ``{"story": …, "error": null, "basis": "request" | "content" | "row", "note": "…"}``. ``error`` is what
the app would get; what is wrong with the question is an HTTP error in OpenAI's envelope. A key of a
team sees the requests and keys of that team only, unless it may administer.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gateway.api.base import as_switchboard_error
from gateway.api.envelopes import refusal
from gateway.errors import BadRequest, BodyTooLarge, Forbidden, NotJson, Unauthenticated
from gateway.exchange import uuid7
from gateway.explain.asking import ask, key_named, snapshot_here
from gateway.explain.drafts import read_drafts
from gateway.models import ApiKey, hash_key
from gateway.routing.explain import Asked
from monitoring.explain.asker import KEY_SCOPES, PERMISSION, Asker, asker_of, key_asker
from monitoring.explain.from_log import Question, from_log

FIELDS = ("request", "log_id", "endpoint", "api_key", "session", "draft")
CHAT = "chat.completions"


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer <API key>``. Without that header the session counts."""

    def authenticate(self, request: Request) -> tuple[ApiKey, str] | None:
        scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = ApiKey.objects.filter(hash=hash_key(secret.strip()), enabled=True).first()
        if key is None or (key.expires_at is not None and key.expires_at <= timezone.now()):
            raise Unauthenticated("The API key is not known here, disabled or expired.")
        return key, "key"


class Session(SessionAuthentication):
    def enforce_csrf(self, request: Request) -> None:
        """On Django's own request: for DRF's the whole body would be parsed before it is known who sent it."""
        super().enforce_csrf(cast(Any, request._request))


class MayExplain(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        who: Any = request.user  # None where nobody signed in
        if isinstance(who, ApiKey):
            if KEY_SCOPES.isdisjoint(who.scopes):
                raise Forbidden("This API key may not explain routing: it lacks the scope `monitoring`.")
            return True
        if who is None or not who.is_authenticated:
            raise Unauthenticated("Sign in, or send an API key as: Authorization: Bearer <API key>.")
        if not who.has_perm(PERMISSION):
            raise Forbidden("You may not explain routing: the permission “Can view route” is missing.")
        return True


class ExplainView(APIView):
    authentication_classes = [KeyAuthentication, Session]
    permission_classes = [MayExplain]
    parser_classes = ()  # a body is read by ``_body``, which stops at what is too much
    http_method_names = ["post"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        media = request.META.get("CONTENT_TYPE", "")
        if request.method == "POST" and "json" not in media.lower():
            raise NotJson(f"The body must be application/json, not {media[:100]!r}.")
        super().initial(request, *args, **kwargs)

    def post(self, request: Request) -> Response:
        given, who = _body(request), cast(Any, request.user)
        asker = key_asker(who) if isinstance(who, ApiKey) else asker_of(who)
        question = read_question(given, asker=asker)
        drafts = None
        if given.get("draft") is not None:
            snapshot = snapshot_here()
            drafts = read_drafts(given["draft"], catalogue=snapshot.catalogue, rules=snapshot.routes.facts.rules)
        return Response({**ask(question.asked, drafts=drafts), "basis": question.basis, "note": question.note})

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        answer = refusal(as_switchboard_error(exc), uuid7(), wire_name="openai")
        headers = {name.decode(): value.decode() for name, value in answer.headers}
        return HttpResponse(answer.body, status=answer.status, headers=headers)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        raise BadRequest("Use POST.", code="method_not_allowed", status=405)


def _body(request: Request) -> dict[str, Any]:
    content = request._request.read(settings.MAX_BODY_BYTES + 1)  # a chunked body does not tell its length
    if len(content) > settings.MAX_BODY_BYTES:
        raise BodyTooLarge(f"The body is larger than {settings.MAX_BODY_BYTES:,} bytes.")
    try:
        given = msgspec.json.decode(content)  # as the API's own door reads a body
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"JSON parse error: {str(error)[:200]}.", code="invalid_json") from None
    except RecursionError:
        raise BadRequest("The body is nested too deeply.", code="invalid_json") from None
    if not isinstance(given, dict):
        raise BadRequest("The body must be a JSON object.")
    for name in given:
        if name not in FIELDS:
            raise BadRequest(f"`{name[:60]}` is not known; these are: {', '.join(FIELDS)}.", param=name[:60])
    return given


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
