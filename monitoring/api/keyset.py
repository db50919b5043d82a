"""Pages by key: what comes after the last row of the page before. No counting, no offsets."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet

from gateway.errors import BadRequest

Row = TypeVar("Row", bound=Model)


def page(rows: QuerySet[Row], *, by: str, cursor: str, limit: int) -> tuple[list[Row], str | None]:
    """``limit`` rows in the order of ``by``, a unique column, after the ``cursor``; and the next one, ``None`` at the
    end. Raises ``BadRequest`` for a cursor that is none."""
    if cursor:
        rows = rows.filter(**{f"{by}__gt": _read(cursor, rows, by)})
    found = list(rows.order_by(by)[: limit + 1])
    if len(found) <= limit:
        return found, None
    return found[:limit], _written(getattr(found[limit - 1], by))


def _written(value: Any) -> str:
    return urlsafe_b64encode(str(value).encode()).decode().rstrip("=")


def _read(cursor: str, rows: QuerySet[Any], by: str) -> Any:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        value = rows.model._meta.get_field(by).to_python(text)
    except (Error, ValueError, TypeError, ValidationError):
        raise bad_cursor() from None
    if _written(value) != cursor or "\0" in text or (isinstance(value, int) and not 0 <= value < 2**63):
        raise bad_cursor()
    return value


def bad_cursor() -> BadRequest:
    return BadRequest("`cursor` is none of ours. Send the `next` of a page as it came.", param="cursor")
