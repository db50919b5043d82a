"""The site's addresses. The API's lean door has its own (``gateway.api.urls``)."""

from django.contrib import admin
from django.urls import include, path

from monitoring.dashboards.front import front

urlpatterns = [
    path("", front),
    path("admin/routing/explain/", include("monitoring.explain.urls")),
    path("admin/", admin.site.urls),
    path("api/", include("monitoring.explain.api_urls")),
    path("api/", include("monitoring.api.urls")),
    path("providers/", include("monitoring.api.provider_urls")),
    path("dashboards/", include("monitoring.dashboards.urls")),
    path("logs/", include("monitoring.explorer.urls")),
    path("playground/", include("monitoring.playground.urls")),
    path("live/", include("monitoring.live.urls")),
]
handler400 = "gateway.refusals.refused_request"
