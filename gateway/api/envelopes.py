"""Refusals in the dialect of the API they stand in front of, with that API's name for the request's id."""

from __future__ import annotations

from gateway.answer import Answer, Headers, error_headers
from providers.errors import SwitchboardError
from providers.wires import wire

DIALECTS = {"/v1/messages": "anthropic"}  # path → its wire; OpenAI's everywhere else


def wire_of(path: str) -> str:
    """The wire of the API that has ``path``, or would have what stands below it."""
    return next((name for root, name in DIALECTS.items() if path == root or path.startswith(root + "/")), "openai")


def refusal(error: SwitchboardError, request_id: str, *, wire_name: str) -> Answer:
    body = wire(wire_name).write_error(error, request_id=request_id)
    return Answer(error.status, body, (*error_headers(error), *id_headers(request_id, wire_name=wire_name)))


def id_headers(request_id: str, *, wire_name: str) -> Headers:
    """Beside x-request-id, which every answer has."""
    return ((b"request-id", request_id.encode()),) if wire_name == "anthropic" else ()
