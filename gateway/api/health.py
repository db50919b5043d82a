"""``GET /healthz``: the process is alive. Needs no key and touches nothing but memory."""

from __future__ import annotations

from typing import Any

from gateway.answer import Answer, encode
from gateway.api.base import AsyncAPIView


class Health(AsyncAPIView):
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    async def get(self, request: Any) -> Answer:
        return Answer(200, encode({"status": "ok"}))
