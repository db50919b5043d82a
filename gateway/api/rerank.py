"""``POST /v1/rerank``, in Cohere's and Jina's shape."""

from __future__ import annotations

from typing import Any

from gateway.answer import Answer
from gateway.api.base import AsyncAPIView, read_json
from gateway.api.calling import answer
from gateway.operations import rerank


class Rerank(AsyncAPIView):
    async def post(self, request: Any) -> Answer:
        return await answer(request, rerank.Rerank(read_json(request)))
