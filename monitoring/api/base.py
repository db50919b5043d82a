"""What every endpoint of the site's API shares: who asks, what they may, how often, how a body is read, and errors in
OpenAI's envelope. ``SiteView`` knows the first three; ``MonitoringView`` knows ``monitoring.access`` too."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, cast

import msgspec
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import PermissionDenied as NoCsrfToken
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from gateway.api.base import as_switchboard_error
from gateway.api.envelopes import refusal
from gateway.errors import BadRequest, BodyTooLarge, Forbidden, MethodNotAllowed, NotJson, Unauthenticated, UnknownPath
from gateway.exchange import uuid7
from gateway.models import ApiKey, hash_key
from monitoring.access import NOBODY, Viewer, viewer_of_key, viewer_of_user
from monitoring.api.rate import Rate
from providers.actions import ActionRefused
from providers.crypto import WrongKey
from providers.errors import SwitchboardError

SIGN_IN = "Sign in, or send an API key as: Authorization: Bearer <API key>."
UNREADABLE = "What is stored was encrypted under a key that is gone: see ENCRYPTION_KEYS."
STATUSES = {"not_found": 404, "set_by_environment": 409, "no_other_token": 409, "out_already": 409, "unreadable": 409}


class KeyAuthentication(BaseAuthentication):
    """``Authorization: Bearer <API key>`` or ``x-api-key``. Without either the session counts."""

    def authenticate(self, request: Request) -> tuple[ApiKey, str] | None:
        secret = key_of(request.META)
        if secret is None:
            return None
        key = ApiKey.objects.filter(hash=hash_key(secret), enabled=True).first() if secret else None
        if key is None or (key.expires_at is not None and key.expires_at <= timezone.now()):
            raise Unauthenticated("The API key is not known here, disabled or expired.")
        return key, "key"

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def key_of(meta: dict[str, Any]) -> str | None:
    """The key that a request carries; ``None`` if it carries none."""
    scheme, _, secret = str(meta.get("HTTP_AUTHORIZATION", "")).partition(" ")
    if scheme.lower() == "bearer":
        return secret.strip()
    return str(meta["HTTP_X_API_KEY"]).strip() if "HTTP_X_API_KEY" in meta else None


class Session(SessionAuthentication):
    def enforce_csrf(self, request: Request) -> None:
        """On Django's own request: for DRF's the whole body would be parsed before it is known who sent it."""
        super().enforce_csrf(cast(Any, request._request))


class SiteView(APIView):
    """An endpoint for people's sessions and for API keys. Bodies are read by ``read_body``, never parsed by DRF."""

    authentication_classes = [KeyAuthentication, Session]
    throttle_classes: Any = [Rate]
    parser_classes: Any = ()
    renderer_classes = [JSONRenderer]
    http_method_names = ["get", "head", "post"]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A form's body is refused before the CSRF check would read it."""
        media, length = request.META.get("CONTENT_TYPE", ""), request.META.get("CONTENT_LENGTH", "")
        reads = request.method == "POST" and hasattr(self, "post") and length != "0"
        if reads and media and "json" not in media.lower():
            raise NotJson(f"The body must be application/json, not {media[:100]!r}.")
        super().initial(request, *args, **kwargs)

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """JSON, whatever is asked for: there is nothing else."""
        return self.get_renderers()[0], "application/json"

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response.headers.setdefault("Cache-Control", "no-store")
        return super().finalize_response(request, response, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        answer = refusal(as_switchboard_error(_ours(exc)), uuid7(), wire_name="openai")
        headers = {name.decode(): value.decode() for name, value in answer.headers}
        if answer.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        if answer.status == 405:
            headers["Allow"] = ", ".join(self.allowed_methods)
        return HttpResponse(answer.body, status=answer.status, headers=headers)

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        raise MethodNotAllowed(f"{request.method} is not allowed here; use {', '.join(self.allowed_methods)}.")


def _ours(error: Exception) -> Exception:
    """What Django and ``providers.actions`` raise, in the words of this API."""
    if isinstance(error, ActionRefused):
        status = STATUSES.get(error.code, 400)
        code = "provider_not_found" if (error.code, error.param) == ("not_found", "name") else error.code
        code = "invalid_request_error" if code == "invalid" else code
        return BadRequest(error.message, code=code, param=error.param or None, status=status)
    if isinstance(error, WrongKey):
        return SwitchboardError(UNREADABLE, code="unreadable", status=503)
    if isinstance(error, Http404):
        return UnknownPath("There is nothing here.")
    if isinstance(error, PermissionDenied | NoCsrfToken):
        return Forbidden(str(error) or "You may not do this.")
    return error


class MayWatch(BasePermission):
    """Signed in, or with a key, and with something to see; for what a view says it ``needs``, also that."""

    def has_permission(self, request: Request, view: Any) -> bool:
        who: Any = request.user  # None where nobody signed in
        if who is None or (not isinstance(who, ApiKey) and not who.is_authenticated):
            raise Unauthenticated(SIGN_IN)
        view.viewer = viewer = viewer_of_key(who) if isinstance(who, ApiKey) else viewer_of_user(who)
        if viewer.nothing:
            raise Forbidden(_nothing(viewer))
        if view.for_everything and not viewer.everything:
            raise Forbidden("This tells of all teams: it is for staff and for keys that belong to no team.")
        if request.method == "POST" and view.needs and not viewer.may(view.needs):
            raise Forbidden(_may_not(viewer, view.needs))
        return True


def _nothing(viewer: Viewer) -> str:
    if viewer.key is not None:
        return "This API key may not watch: it lacks the scope `monitoring`."
    return "You are in no team, so there is nothing for you to see. Ask an admin to take you into one."


def _may_not(viewer: Viewer, permission: str) -> str:
    if viewer.key is not None:
        return "This API key may not change anything: it lacks the scope `admin`."
    return f"You may not do this: the permission {permission} is missing."


class MonitoringView(SiteView):
    """An endpoint of the monitoring API. ``needs``: Django's permission for a POST; ``for_everything``: it tells of
    what belongs to no team. ``viewer`` is set before a handler runs."""

    permission_classes: Any = [MayWatch]
    needs: ClassVar[str] = ""
    for_everything: ClassVar[bool] = False
    viewer: Viewer = NOBODY


class Nothing(SiteView):
    """Any address below ours that is none, for any method."""

    authentication_classes: Any = ()
    permission_classes: Any = ()
    throttle_classes: Any = ()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        self.headers: dict[str, str] = {}
        return self.handle_exception(UnknownPath(f"There is nothing at {request.path[:200]}."))


def read_body(request: Request, fields: Collection[str] | None, *, optional: bool = False) -> dict[str, Any]:
    """The body, a JSON object with no other than these ``fields`` (``None``: any). Raises ``BadRequest`` and
    ``BodyTooLarge``. ``optional``: nothing at all is an empty object."""
    content = request._request.read(settings.MAX_BODY_BYTES + 1)  # a chunked body does not tell its length
    if len(content) > settings.MAX_BODY_BYTES:
        raise BodyTooLarge(f"The body is larger than {settings.MAX_BODY_BYTES:,} bytes.")
    if optional and not content.strip():
        return {}
    try:
        given = msgspec.json.decode(content)  # as the API's own door reads a body
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest(f"JSON parse error: {str(error)[:200]}.", code="invalid_json") from None
    except RecursionError:
        raise BadRequest("The body is nested too deeply.", code="invalid_json") from None
    if not isinstance(given, dict):
        raise BadRequest("The body must be a JSON object.")
    for name in given:
        if fields is not None and name not in fields:
            raise BadRequest(f"`{name[:60]}` is not known; these are: {', '.join(fields)}.", param=name[:60])
    return given


def answer(kind: type[Any], found: Any) -> Response:
    """A reply in a documented shape: ``kind`` is its serializer."""
    return Response(kind(found).data)
