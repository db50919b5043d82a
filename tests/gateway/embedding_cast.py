"""Vendors that embed and rerank, without files of their own: any dialect at any path."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx

from providers.catalogue import CompiledProvider
from tests.gateway.harness import provider, reply

VECTORS = [[0.5, -0.25], [0.125, 1.0]]
PACKED = ["AAAAPwAAgL4=", "AAAAPgAAgD8="]  # the same, as base64 of little-endian float32


def speaking(**facts: Any) -> CompiledProvider:
    """A provider whose vendor differs from the compatible one in ``facts``."""
    plain = provider()
    return replace(plain, vendor=replace(plain.vendor, **facts))


def always(body: Any, status: int = 200) -> Callable[[httpx.Request], Any]:
    async def answer(request: httpx.Request) -> httpx.Response:
        return reply(body, status)

    return answer


def openai_reply(vectors: list[Any], **more: Any) -> dict[str, Any]:
    rows = [{"object": "embedding", "index": place, "embedding": one} for place, one in enumerate(vectors)]
    usage = {"prompt_tokens": 4, "total_tokens": 4}
    return {"object": "list", "data": rows, "model": "m1-2026", "usage": usage, **more}
