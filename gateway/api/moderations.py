"""``POST /v1/moderations``, in OpenAI's shape; without a model the first provider that has moderation judges, else the
lexicon in this process."""

from __future__ import annotations

from typing import Any

from gateway.answer import Answer
from gateway.api.base import AsyncAPIView, read_json
from gateway.api.calling import answer
from gateway.guardrails.classifiers import here
from gateway.operations import moderations


class Moderations(AsyncAPIView):
    async def post(self, request: Any) -> Answer:
        body = read_json(request)
        snapshot = request.runtime.snapshots.current
        here.known_to(snapshot)
        if body.get("model") is None:
            body = {**body, "model": here.default_moderation(snapshot, request.user.key.allows)}
        return await answer(request, moderations.Moderations(body))
