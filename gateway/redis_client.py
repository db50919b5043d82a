"""The connection to Redis that limits and the answer cache share. Its timeouts are short, since calls wait for it."""

from __future__ import annotations

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CONNECT_SECONDS, ANSWER_SECONDS = 0.2, 0.2
MOST_CONNECTIONS = 256


def redis_client(url: str) -> Redis | None:
    """``None`` where no Redis is configured. Bytes in, bytes out. Nothing is connected yet."""
    if not url:
        return None
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        max_connections=MOST_CONNECTIONS,
        retry=Retry(NoBackoff(), 0),  # who asks knows what to do without it
        health_check_interval=30,
    )
