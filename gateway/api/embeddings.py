"""``POST /v1/embeddings``, in OpenAI's shape."""

from __future__ import annotations

from typing import Any

from gateway.answer import Answer
from gateway.api.base import AsyncAPIView, read_json
from gateway.api.calling import answer
from gateway.operations import embeddings


class Embeddings(AsyncAPIView):
    async def post(self, request: Any) -> Answer:
        return await answer(request, embeddings.Embeddings(read_json(request)))
