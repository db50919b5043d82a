"""Addresses below ``logs/``."""

from __future__ import annotations

from django.urls import path, re_path

from monitoring.explorer import views

app_name = "logs"
urlpatterns = [
    path("", views.LogList.as_view(), name="list"),
    re_path(r"^export\.(?P<kind>csv|jsonl)$", views.Export.as_view(), name="export"),
    path("<uuid:pk>/", views.LogOne.as_view(), name="one"),
    path("<uuid:pk>/content/", views.Content.as_view(), name="content"),
]
