"""The lean door's addresses."""

from django.urls import path, re_path

from gateway.api.chat import ChatCompletions
from gateway.api.completions import Completions
from gateway.api.embeddings import Embeddings
from gateway.api.health import Health
from gateway.api.messages import Messages, MessagesCountTokens
from gateway.api.models import ModelDetail, ModelList
from gateway.api.moderations import Moderations
from gateway.api.ready import Ready
from gateway.api.rerank import Rerank
from gateway.api.usage import Usage

urlpatterns = [
    path("v1/chat/completions", ChatCompletions.as_view()),
    path("v1/completions", Completions.as_view()),
    path("v1/embeddings", Embeddings.as_view()),
    path("v1/rerank", Rerank.as_view()),
    path("v1/moderations", Moderations.as_view()),
    path("v1/messages", Messages.as_view()),
    path("v1/messages/count_tokens", MessagesCountTokens.as_view()),
    path("v1/models", ModelList.as_view()),
    re_path(r"^v1/models/(?P<model>.+)$", ModelDetail.as_view()),
    path("v1/usage", Usage.as_view()),
    path("healthz", Health.as_view()),
    path("readyz", Ready.as_view()),
]
