"""A request of the log asked anew: by its stored content where that may be read, else by what its row knows."""

from __future__ import annotations

import json
import uuid
from typing import Any, Literal, NamedTuple

from gateway.errors import BadRequest, Forbidden
from gateway.explain.asking import key_facts
from gateway.models import ApiKey
from gateway.routing.explain import Asked
from monitoring.explain.asker import Asker
from monitoring.models import RequestContent, RequestLog
from providers.crypto import WrongKey, decrypt

Basis = Literal["request", "content", "row"]


class Question(NamedTuple):
    """What is asked, what it was built on, and in words what was not known."""

    asked: Asked
    basis: Basis
    note: str = ""


def from_log(log_id: str, *, asker: Asker) -> Question:
    """Raises ``Forbidden`` and, for an id that no row has, ``BadRequest`` with status 404."""
    if not asker.sees_logs:
        raise Forbidden("You may not see the request log.", param="log_id")
    row = _row(log_id, team=asker.team)
    if not row.requested_model:
        raise BadRequest("This request named no model; there is nothing to explain.", param="log_id")
    body, why_not = _content(row, asker)
    key = ApiKey.objects.filter(pk=row.api_key_id).defer("hash").first() if row.api_key_id else None
    asked = Asked(
        body=body or {"model": row.requested_model, "stream": row.stream},
        endpoint=row.endpoint,
        key=key_facts(key) if key is not None else None,
        team_id=row.team_id or 0,
        session=row.session,
        input=0 if body else row.input,
    )
    if body:
        return Question(asked, "content", "Judged by the stored request.")
    size = f"its size ({row.input:,} input units)" if row.input else "nothing of its size"
    known = f"{why_not} Judged by its name, {size} and that it was {'streamed' if row.stream else 'not streamed'}"
    return Question(asked, "row", f"{known}; whether it had images or tools is not known.")


def _row(log_id: str, *, team: int) -> RequestLog:
    rows = RequestLog.objects.filter(team_id=team) if team else RequestLog.objects.all()
    try:
        row = rows.filter(pk=uuid.UUID(log_id)).first()
    except ValueError:
        raise BadRequest("`log_id` must be the id of a request in the log, a UUID.", param="log_id") from None
    if row is None:
        raise BadRequest("The log has no such request (any more).", param="log_id", status=404)
    return row


def _content(row: RequestLog, asker: Asker) -> tuple[dict[str, Any] | None, str]:
    """The request's body, or why there is none."""
    stored = RequestContent.objects.filter(pk=row.pk).first()
    if stored is None:
        return None, "What was asked was not stored."
    if not asker.sees_content:
        return None, "What was asked is stored, but you may not read it."
    try:
        kept = json.loads(decrypt(bytes(stored.sealed)))
        body = json.loads(kept["request"])
    except WrongKey:
        return None, "What was asked was stored under a key that is gone."
    except (ValueError, KeyError, TypeError, RecursionError):
        return None, "What was asked was too long to be stored whole."
    return (body, "") if isinstance(body, dict) and body.get("model") else (None, "What was stored is no request.")
