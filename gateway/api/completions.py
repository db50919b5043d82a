"""``POST /v1/completions``: OpenAI's older text completions, whole and streamed."""

from __future__ import annotations

from typing import Any

from gateway.answer import Answer
from gateway.api.base import AsyncAPIView, read_json
from gateway.api.calling import answer
from gateway.operations import completions


class Completions(AsyncAPIView):
    async def post(self, request: Any) -> Answer:
        return await answer(request, completions.Completions(read_json(request)))
