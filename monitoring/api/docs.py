"""The schema of the whole site's API, and its interactive documentation; both for who is signed in or has any key."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.http import urlencode
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from gateway.errors import Unauthenticated
from monitoring.api.base import SIGN_IN, SiteView
from monitoring.live.views import CONTENT_SECURITY_POLICY

# The icons of Swagger's own style sheet are data: addresses.
POLICY = CONTENT_SECURITY_POLICY.replace("img-src 'self'", "img-src 'self' data:")


class MayRead(BasePermission):
    """Anybody who is known here."""

    def has_permission(self, request: Request, view: Any) -> bool:
        who: Any = request.user  # None where nobody signed in
        if who is None or not getattr(who, "is_authenticated", True):
            raise Unauthenticated(SIGN_IN)
        return True


class Schema(SiteView, SpectacularAPIView):
    """``GET /api/schema/``: JSON, or YAML with ``?format=yaml``."""

    permission_classes: Any = [MayRead]
    renderer_classes: Any = [OpenApiJsonRenderer, OpenApiYamlRenderer]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        chosen = self.renderer_classes[request.GET.get("format") == "yaml"]()
        return chosen, chosen.media_type

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        return super().get(request, *args, **kwargs)  # type: ignore[no-untyped-call]


class ApiDocs(SpectacularSwaggerSplitView):
    """``GET /api/docs/``: Swagger UI from our own static files, under the strict policy; works without a network."""

    url_name = "api-schema"
    template_name = "api/docs.html"
    permission_classes: Any = ()
    authentication_classes: Any = ()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect(f"{reverse('live:login')}?{urlencode({'next': request.path})}")
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        response.headers["Content-Security-Policy"] = POLICY
        patch_cache_control(response, no_store=True)  # the script holds the CSRF token
        return response
