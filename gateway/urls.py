"""The site's addresses. The API's lean door has its own (``gateway.api.urls``)."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("live/", include("monitoring.live.urls")),
]
handler400 = "gateway.refusals.refused_request"
