"""Buttons that act: a POST with a CSRF token to an address of one object, allowed to those who may change it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from providers.admin.unfolded import ModelAdmin

Handler = Callable[[HttpRequest, Any], None]


class PostActions(ModelAdmin):
    """A ``ModelAdmin`` whose ``posts`` (word in the address → name of a method taking request and object) are
    reached by POST only: a link would let a foreign page, or a browser that fetches ahead, pull the lever."""

    posts: dict[str, str] = {}

    def get_urls(self) -> list[URLPattern]:
        label = f"{self.opts.app_label}_{self.opts.model_name}"
        own = [
            path(f"<path:object_id>/do/{word}/", self.admin_site.admin_view(self._view(method)), name=f"{label}_{word}")
            for word, method in self.posts.items()
        ]
        return [*own, *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> Any:
        shown = super().get_list_display(request)
        return shown if self.has_change_permission(request) else [one for one in shown if one != "buttons"]

    def post_url(self, word: str, obj: Model) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{word}", args=[obj.pk])

    def _view(self, method: str) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            obj = self.get_object(request, object_id)
            if not self.has_change_permission(request, obj):
                raise PermissionDenied
            if obj is None:
                messages.error(request, f"This {self.opts.verbose_name} is gone.")
            else:
                getattr(self, method)(request, obj)
            return HttpResponseRedirect(self._back(request))

        return view

    def _back(self, request: HttpRequest) -> str:
        """Where the button was, if that is on this site; else the list."""
        came_from = request.META.get("HTTP_REFERER", "")
        if (
            url_has_allowed_host_and_scheme(
                came_from, allowed_hosts={request.get_host()}, require_https=request.is_secure()
            )
            and "/do/" not in came_from
        ):
            return str(came_from)
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
