"""The lean door's addresses."""

from django.urls import path, re_path

from gateway.api.chat import ChatCompletions
from gateway.api.health import Health
from gateway.api.models import ModelDetail, ModelList

urlpatterns = [
    path("v1/chat/completions", ChatCompletions.as_view()),
    path("v1/models", ModelList.as_view()),
    re_path(r"^v1/models/(?P<model>.+)$", ModelDetail.as_view()),
    path("healthz", Health.as_view()),
]
