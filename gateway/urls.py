"""The site's addresses. The API's lean door has its own (``gateway.api.urls``)."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/routing/explain/", include("monitoring.explain.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("monitoring.explain.api_urls")),
    path("live/", include("monitoring.live.urls")),
]
handler400 = "gateway.refusals.refused_request"
