"""``GET /readyz``: whether this process can take calls, and what it does without at the moment. Needs no key.

    {"status": "ready" | "degraded" | "unready", "checks": {"database": {"ok": true, "said": "answers"}, …}}

503 when unready. With ``?strict=1`` a degraded process answers 503 too.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

from gateway.answer import JSON, Answer, encode
from gateway.api.base import AsyncAPIView
from gateway.readiness import DEGRADED, READY, readiness, verdict


class Ready(AsyncAPIView):
    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []
    http_method_names = ["get", "head"]

    async def get(self, request: Any) -> Answer:
        checks = await readiness.checks(request.runtime)
        status = verdict(checks)
        strict = parse_qs(request.META.get("QUERY_STRING", "")).get("strict", [""])[-1] in ("1", "true", "yes")
        well = status == READY or (status == DEGRADED and not strict)
        body = {"status": status, "checks": {name: {"ok": one.ok, "said": one.said} for name, one in checks.items()}}
        return Answer(200 if well else 503, encode(body), (JSON, (b"cache-control", b"no-store")))

    head = get
