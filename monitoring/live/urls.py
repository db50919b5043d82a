"""Addresses of the live log's pages, below ``live/``."""

from __future__ import annotations

from django.urls import path

from monitoring.live import views

app_name = "live"
urlpatterns = [
    path("", views.LivePage.as_view(), name="page"),
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", views.SignOut.as_view(), name="logout"),
]
