"""The address of the page that explains, below ``admin/routing/explain/``."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from monitoring.explain.page import page

app_name = "explain"
urlpatterns = [path("", admin.site.admin_view(page), name="page")]
