"""What an attempt's error says of its provider: whose fault it was, as the tree of errors has it."""

from __future__ import annotations

from collections.abc import Iterable

from providers.errors import Fault, RateLimited, UpstreamError, VendorTimeout

SLOW_START = "provider_slow_start"  # nothing came in the time that a rule, or the app, gave it: too slow, no failure
_CUT = "stop: the time for the call is over"  # by the app's own deadline, sooner than the provider usually answers


def _tree(kind: type[UpstreamError]) -> Iterable[type[UpstreamError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _tree(child)


FAILURES = sorted({kind.code for kind in _tree(UpstreamError) if kind.fault is Fault.VENDOR})


def failure_sql() -> str:
    """A failure of the provider's own. Of columns ``error`` and ``verdict``."""
    return f"error IN ({', '.join(map(_text, FAILURES))}) AND verdict <> {_text(_CUT)}"


def limited_sql() -> str:
    return f"error = {_text(RateLimited.code)}"


def timeout_sql() -> str:
    return f"error IN ({_text(VendorTimeout.code)}, {_text(SLOW_START)}) AND verdict <> {_text(_CUT)}"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
