"""The gateway's own endpoints for the schema, written by hand: they stand behind the lean door, where drf-spectacular
does not look. A test asks each for a real answer and holds it against what is told here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitoring.api.gateway_shapes import SHAPES
from monitoring.api.schema_words import ref
from monitoring.api.security import API_KEY, BEARER, COOKIE

KEYS: list[dict[str, list[str]]] = [{BEARER: []}, {API_KEY: []}]
MODELS, ANTHROPIC, OPERATIONS, ROUTING = "Models", "Anthropic", "Operations", "Routing"
JSON, EVENTS, PLAIN = "application/json", "text/event-stream", "text/plain"
OPENMETRICS = "application/openmetrics-text"
REFUSALS = {
    400: "The request is malformed, no target can do it, a guardrail refused it, or no price is known.",
    401: "The API key is missing, unknown, disabled or expired.",
    402: "A hard budget has too little left.",
    403: "The key lacks the scope, or may not call the model.",
    404: "No provider has the model.",
    405: "The endpoint does not take that method.",
    413: "The body is larger than `MAX_BODY_BYTES`, or the request than a limit.",
    415: "The body is not `application/json`.",
    429: "A limit, ours or the vendor's. `Retry-After` says how long.",
    502: "The vendor failed, or refused our credential.",
    503: "Nothing can be called now. `Retry-After` says how long, where that is known.",
    504: "The vendor took too long.",
    508: "The call came through Switchboard too often.",
}
ERRORS = {
    "Error": {
        "error": {
            "message": "There is no provider “opnai”. Did you mean openai?",
            "type": "invalid_request_error",
            "param": "name",
            "code": "provider_not_found",
        }
    },
    "GatewayError": {
        "error": {
            "message": "The API key is not known here. Check that it was issued by this Switchboard and copied whole.",
            "type": "authentication_error",
            "param": None,
            "code": "invalid_api_key",
        }
    },
}
CALLS = tuple(REFUSALS)
READS = (401, 403, 404, 405)
Operation = dict[str, Any]


def add_gateway(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A postprocessing hook of drf-spectacular."""
    schemas = result["components"]["schemas"]
    schemas.update(SHAPES)
    for name, example in ERRORS.items():
        schemas[name]["examples"] = [example]
    result["paths"].update(PATHS)
    return result


def content(shape: str, *, example: Any = None) -> dict[str, Any]:
    found: dict[str, Any] = {"schema": ref(shape)}
    return {JSON: found if example is None else {**found, "example": example}}


def operation(
    name: str,
    summary: str,
    tag: str,
    answers: dict[str, Any],
    *,
    told: str = "",
    takes: dict[str, Any] | None = None,
    parameters: Sequence[dict[str, Any]] = (),
    errors: Sequence[int] = CALLS,
    security: list[dict[str, list[str]]] = KEYS,
    error: str = "GatewayError",
) -> Operation:
    refused = {str(code): {"description": REFUSALS[code], "content": content(error)} for code in errors}
    if "429" in refused:
        wait = {"description": "Seconds.", "required": True, "schema": {"type": "integer"}}
        refused["429"]["headers"] = {"Retry-After": wait}
    found: Operation = {
        "operationId": name,
        "summary": summary,
        "tags": [tag],
        "security": security,
        "responses": {"200": {"description": "", "content": answers}, **refused},
    }
    if told:
        found["description"] = told
    if parameters:
        found["parameters"] = list(parameters)
    if takes is not None:
        found["requestBody"] = {"required": True, "content": takes}
    return found


def query(name: str, told: str, **schema: Any) -> dict[str, Any]:
    return {"in": "query", "name": name, "description": told, "schema": schema}


HELLO = [{"role": "user", "content": "Hello"}]
STREAM = {EVENTS: {"schema": {"type": "string", "description": "With `stream: true`: server-sent events."}}}
ONE_MODEL = {"in": "path", "name": "model", "required": True, "schema": {"type": "string"}}

PATHS: dict[str, dict[str, Operation]] = {
    "/v1/chat/completions": {
        "post": operation(
            "createChatCompletion",
            "Chat",
            MODELS,
            {**content("ChatCompletion"), **STREAM},
            takes=content("ChatRequest", example={"model": "demo", "messages": HELLO}),
        )
    },
    "/v1/completions": {
        "post": operation(
            "createCompletion",
            "Text completions",
            MODELS,
            {**content("Completion"), **STREAM},
            takes=content("CompletionRequest", example={"model": "demo", "prompt": "Once upon a time"}),
        )
    },
    "/v1/embeddings": {
        "post": operation(
            "createEmbeddings",
            "Embeddings",
            MODELS,
            content("EmbeddingList"),
            takes=content("EmbeddingRequest", example={"model": "text-embedding-3-small", "input": ["one", "two"]}),
        )
    },
    "/v1/rerank": {
        "post": operation(
            "rerank",
            "Rerank",
            MODELS,
            content("RerankAnswer"),
            takes=content("RerankRequest", example={"model": "rerank-v3.5", "query": "Which?", "documents": ["a"]}),
        )
    },
    "/v1/moderations": {
        "post": operation(
            "createModeration",
            "Moderate",
            MODELS,
            content("ModerationAnswer"),
            takes=content("ModerationRequest", example={"input": "Is this fine?"}),
        )
    },
    "/v1/models": {
        "get": operation(
            "listGatewayModels", "Models a key may call", MODELS, content("GatewayModels"), errors=(401, 403, 405)
        )
    },
    "/v1/models/{model}": {
        "get": operation(
            "getGatewayModel",
            "One model",
            MODELS,
            content("GatewayModel"),
            told="The name may hold slashes.",
            parameters=[ONE_MODEL],
            errors=READS,
        )
    },
    "/v1/usage": {
        "get": operation(
            "getKeyUsage",
            "What the calling key spent",
            MODELS,
            content("KeyUsage"),
            told="Any valid key sees its own, whatever its scopes.",
            errors=(401, 405),
        )
    },
    "/v1/messages": {
        "post": operation(
            "createMessage",
            "Messages",
            ANTHROPIC,
            {**content("Message"), **STREAM},
            takes=content("MessagesRequest", example={"model": "demo", "max_tokens": 64, "messages": HELLO}),
            error="AnthropicError",
        )
    },
    "/v1/messages/count_tokens": {
        "post": operation(
            "countMessageTokens",
            "How much a message would be",
            ANTHROPIC,
            content("Count"),
            takes=content("CountRequest", example={"model": "demo", "messages": HELLO}),
            error="AnthropicError",
        )
    },
    "/healthz": {"get": operation("live", "Is it alive", OPERATIONS, content("Live"), errors=(405,), security=[{}])},
    "/readyz": {
        "get": operation(
            "ready",
            "Can it take calls",
            OPERATIONS,
            content("Ready"),
            told="503 in the same shape when it cannot; with `strict=1` also when it does without something.",
            parameters=[query("strict", "1: degraded is not ready.", type="string")],
            errors=(405,),
            security=[{}],
        )
    },
    "/metrics": {
        "get": operation(
            "metrics",
            "Metrics for Prometheus",
            OPERATIONS,
            {PLAIN: {"schema": {"type": "string"}}, OPENMETRICS: {"schema": {"type": "string"}}},
            told="For keys that may watch and belong to no team, and for `METRICS_TOKEN`; where none is "
            "set, for programs here too.",
            errors=(401, 403, 405),
            security=[{BEARER: []}, {}],
        )
    },
    "/api/routing/explain": {
        "post": operation(
            "explain",
            "What would happen to a request",
            ROUTING,
            content("Explanation"),
            told="Nothing is sent to any vendor. For keys that may watch, and people who may see routes.",
            takes=content("ExplainRequest", example={"request": {"model": "auto", "messages": HELLO}}),
            errors=(400, 401, 403, 404, 405, 413, 415, 429, 503),
            security=[*KEYS, {COOKIE: []}],
        )
    },
}
PATHS["/readyz"]["get"]["responses"]["503"] = {"description": "It cannot take calls.", "content": content("Ready")}
