"""Addresses below ``playground/``."""

from __future__ import annotations

from django.urls import path

from monitoring.playground import views

app_name = "playground"
urlpatterns = [
    path("", views.PlaygroundPage.as_view(), name="page"),
    path("pass", views.PassView.as_view(), name="pass"),
    path("cost", views.CostView.as_view(), name="cost"),
]
