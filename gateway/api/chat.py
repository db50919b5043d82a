"""``POST /v1/chat/completions``, whole and streamed."""

from __future__ import annotations

from typing import Any

from gateway.answer import Answer
from gateway.api.base import AsyncAPIView, read_json
from gateway.api.calling import answer
from gateway.operations.chat import Chat


class ChatCompletions(AsyncAPIView):
    async def post(self, request: Any) -> Answer:
        return await answer(request, Chat(read_json(request), wire_name="openai"))
