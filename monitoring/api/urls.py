"""Addresses below ``api/``: the monitoring API, its schema and its interactive documentation."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
