"""The ``x-ratelimit-*`` headers, as OpenAI writes them, of the tightest rule by each measure.

https://platform.openai.com/docs/guides/rate-limits: ``reset`` is the time until the limit is back in its initial state,
written like ``1s``, ``120ms`` or ``6m0s``. ``tokens`` is its word for usage; ``parallel`` is ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from gateway.answer import Headers
from gateway.limits.compiled import Rule

MEASURES = ("requests", "usage", "parallel")
NAMES = (b"requests", b"tokens", b"parallel")
LIMIT, REMAINING, RESET = (
    tuple(b"x-ratelimit-%b-%b" % (kind, name) for name in NAMES) for kind in (b"limit", b"remaining", b"reset")
)
FIRST_NUMBER = 2  # of a rule: after its id and name
PARALLEL = 2


def limit_headers(rules: Sequence[Rule], used: Sequence[int], reset_us: int) -> Headers:
    """``used``: each rule's three counts, one after the other; ``reset_us``: until nothing counts any more."""
    found: list[tuple[bytes, bytes]] = []
    for measure in range(len(MEASURES)):
        tightest: tuple[float, int, int] | None = None
        for number, rule in enumerate(rules):
            limit: int | None = rule[FIRST_NUMBER + measure]  # type: ignore[assignment]
            if limit is not None:
                left = max(0, limit - used[3 * number + measure])
                tightest = min(tightest or (2.0, 0, 0), (left / limit, left, limit))
        if tightest is None:
            continue
        _, left, limit = tightest
        found += ((LIMIT[measure], b"%d" % limit), (REMAINING[measure], b"%d" % left))
        if measure != PARALLEL:
            found.append((RESET[measure], duration(reset_us if left < limit else 0)))
    return tuple(found)


def duration(us: int) -> bytes:
    """Microseconds as OpenAI writes them: whole milliseconds, rounded up."""
    ms = -(-us // 1000)
    if 0 < ms < 1000:
        return b"%dms" % ms
    minutes, ms = divmod(ms, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{ms // 1000}.{ms % 1000:03}".rstrip("0").rstrip(".") + "s"
    if hours:
        return f"{hours}h{minutes}m{seconds}".encode()
    return f"{minutes}m{seconds}".encode() if minutes else seconds.encode()
