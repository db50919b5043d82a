"""Addresses below ``providers/``: status, metrics, request log, costs and health of providers."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
