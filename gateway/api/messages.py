"""``POST /v1/messages`` and ``/v1/messages/count_tokens``: Anthropic's own API, for any vendor's models."""

from __future__ import annotations

from typing import Any

from gateway.answer import JSON, Answer
from gateway.api.base import AsyncAPIView, read_json
from gateway.api.calling import answer, counted
from gateway.api.envelopes import id_headers
from gateway.errors import BadRequest
from gateway.operations.chat import Chat
from gateway.operations.count_tokens import CountTokens, counts, may_estimate
from gateway.relay.engine import relay
from providers.errors import SwitchboardError
from providers.vendors import Headers
from providers.wires.anthropic.portable import portable

FORWARDED = ("anthropic-beta", "anthropic-version")
REQUEST_ID = b"request-id"
BASIS = b"x-switchboard-usage-basis"


class AnthropicView(AsyncAPIView):
    """Errors in Anthropic's envelope, and the request's id under Anthropic's name too."""

    error_wire = "anthropic"

    async def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Answer:  # type: ignore[override]
        given = await super().dispatch(request, *args, **kwargs)
        if REQUEST_ID not in dict(given.headers):  # a refusal has it
            given.headers = (*given.headers, *id_headers(request.id, wire_name=self.error_wire))
        return given


class Messages(AnthropicView):
    async def post(self, request: Any) -> Answer:
        body = read_json(request)
        for name in ("model", "messages", "max_tokens"):
            if body.get(name) is None:
                raise BadRequest(f"{name}: Field required", param=name)  # in Anthropic's words
        forwarded = forwarded_headers(request)
        chat = Chat(body, wire_name="anthropic", endpoint="messages", forwarded=forwarded, portable=portable)
        return await answer(request, chat)


class MessagesCountTokens(AnthropicView):
    """A count by the vendor has a log row, without usage; an estimate asks nobody and has none."""

    async def post(self, request: Any) -> Answer:
        operation = CountTokens(read_json(request), forwarded=forwarded_headers(request))
        inbound, plan, screened, content = await counted(request, operation)
        if counts(plan.targets[0]):
            able = plan.only(counts)
            try:
                told = await relay(request.runtime, inbound, able, content=content, screened=screened)
            except SwitchboardError as error:
                if not may_estimate(error):
                    raise
            else:
                return Answer(told.status, told.body, (*told.headers, (BASIS, b"vendor")))
        return Answer(200, operation.estimated(), (JSON, (BASIS, b"estimated")))


def forwarded_headers(request: Any) -> Headers:
    """What of the app's headers an Anthropic target gets too. Raises ``BadRequest`` for what no header can carry."""
    found = []
    for name in FORWARDED:
        value: str = request.META.get("HTTP_" + name.upper().replace("-", "_"), "")
        if not (value.isascii() and value.isprintable()):
            raise BadRequest(f"The header {name} holds characters that no header can carry.", param=name)
        if value:
            found.append((name, value))
    return tuple(found)
