"""Shapes of the gateway's own endpoints for the schema, written by hand. They name what Switchboard promises; fields of
the vendors' own pass through beside them."""

from __future__ import annotations

from typing import Any

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
WHOLE: Shape = {"type": "integer"}
NUMBER: Shape = {"type": "number"}
FLAG: Shape = {"type": "boolean"}
MOMENT: Shape = {"type": "string", "format": "date-time"}


def maybe(shape: Shape) -> Shape:
    """Or null: not known."""
    if "$ref" in shape:
        return {"oneOf": [shape, {"type": "null"}]}
    return {**shape, "type": [shape["type"], "null"]}


def listed(shape: Shape) -> Shape:
    return {"type": "array", "items": shape}


def ref(name: str) -> Shape:
    return {"$ref": f"#/components/schemas/{name}"}


def thing(told: str, needed: dict[str, Shape], may: dict[str, Shape] | None = None) -> Shape:
    """An object: the fields it always has, and those it may have; others may stand beside them."""
    return {
        "type": "object",
        "description": told,
        "properties": {**needed, **(may or {})},
        "required": list(needed),
        "additionalProperties": True,
    }


def told(shape: Shape, description: str) -> Shape:
    return {**shape, "description": description}


ONE_OR_MANY: Shape = {"oneOf": [TEXT, listed(TEXT)]}
OBJECT: Shape = {"type": "object", "additionalProperties": True}
TOKEN_USAGE = thing("Units.", {"prompt_tokens": WHOLE, "total_tokens": WHOLE}, {"completion_tokens": WHOLE})
KNOBS = {
    "max_completion_tokens": maybe(WHOLE),
    "max_tokens": maybe(WHOLE),
    "temperature": maybe(NUMBER),
    "top_p": maybe(NUMBER),
    "n": maybe(WHOLE),
    "stop": {"oneOf": [TEXT, listed(TEXT), {"type": "null"}]},
    "seed": maybe(WHOLE),
    "user": TEXT,
    "stream": maybe(FLAG),
    "stream_options": maybe(OBJECT),
}
CHAT_MESSAGE = thing(
    "OpenAI's message; content is a text or a list of parts.",
    {"role": TEXT},
    {"content": {"oneOf": [TEXT, listed(OBJECT), {"type": "null"}]}, "tool_calls": listed(OBJECT)},
)
CHOICE_END = maybe(told(TEXT, "stop, length, tool_calls, content_filter …"))

OPENAI: dict[str, Shape] = {
    "ChatMessage": CHAT_MESSAGE,
    "ChatRequest": thing(
        "OpenAI's request. Fields that are not named here go to the vendor as they are.",
        {
            "model": told(TEXT, "A model's id, a route, a role (openai:fast) or auto."),
            "messages": listed(ref("ChatMessage")),
        },
        {
            **KNOBS,
            "tools": listed(OBJECT),
            "tool_choice": {},
            "response_format": OBJECT,
            "reasoning_effort": maybe(TEXT),
        },
    ),
    "ChatCompletion": thing(
        "OpenAI's answer. `model` is the vendor's own name.",
        {
            "id": TEXT,
            "object": TEXT,
            "model": TEXT,
            "choices": listed(
                thing("", {"index": WHOLE, "message": ref("ChatMessage")}, {"finish_reason": CHOICE_END})
            ),
        },
        {"created": WHOLE, "usage": maybe(TOKEN_USAGE)},
    ),
    "CompletionRequest": thing("OpenAI's older text completions.", {"model": TEXT, "prompt": {}}, KNOBS),
    "Completion": thing(
        "",
        {"id": TEXT, "object": TEXT, "model": TEXT, "choices": listed(thing("", {"index": WHOLE, "text": TEXT}))},
        {"created": WHOLE, "usage": maybe(TOKEN_USAGE)},
    ),
    "EmbeddingRequest": thing(
        "",
        {"model": TEXT, "input": told({}, "A text, a list of texts, or a tokenizer's numbers.")},
        {
            "encoding_format": maybe(told(TEXT, "float or base64.")),
            "dimensions": maybe(WHOLE),
            "input_type": maybe(told(TEXT, "query or document, where the vendor tells them apart.")),
        },
    ),
    "EmbeddingList": thing(
        "In the order of the inputs.",
        {
            "object": TEXT,
            "model": TEXT,
            "data": listed(thing("", {"index": WHOLE, "embedding": {"oneOf": [listed(NUMBER), TEXT]}})),
        },
        {"usage": maybe(TOKEN_USAGE)},
    ),
    "RerankRequest": thing(
        "",
        {"model": TEXT, "query": TEXT, "documents": {**listed({"oneOf": [TEXT, OBJECT]}), "minItems": 1}},
        {"top_n": maybe({**WHOLE, "minimum": 1}), "return_documents": maybe(FLAG)},
    ),
    "RerankAnswer": thing(
        "The best first.",
        {"results": listed(thing("", {"index": WHOLE, "relevance_score": NUMBER}, {"document": OBJECT}))},
        {"id": TEXT, "model": TEXT, "usage": OBJECT, "meta": OBJECT},
    ),
    "ModerationRequest": thing(
        "Without a model the first provider that has moderation judges, else the lexicon inside Switchboard.",
        {"input": {"oneOf": [TEXT, listed({"oneOf": [TEXT, OBJECT]})]}},
        {"model": maybe(TEXT)},
    ),
    "ModerationAnswer": thing(
        "",
        {
            "id": TEXT,
            "model": TEXT,
            "results": listed(
                thing(
                    "",
                    {
                        "flagged": FLAG,
                        "categories": {"type": "object", "additionalProperties": maybe(FLAG)},
                        "category_scores": {"type": "object", "additionalProperties": maybe(NUMBER)},
                    },
                )
            ),
        },
    ),
    "GatewayModel": thing(
        "What is known of a model; null is unknown, never no. Prices are US dollars for a million units.",
        {
            "id": TEXT,
            "object": TEXT,
            "created": WHOLE,
            "owned_by": told(TEXT, "Its provider; switchboard for routes and auto."),
            "mode": maybe(TEXT),
            "context_window": maybe(WHOLE),
            "max_output": maybe(WHOLE),
            "dimensions": maybe(WHOLE),
            "capabilities": {"type": "object", "additionalProperties": maybe(FLAG)},
            "price": maybe(OBJECT),
        },
    ),
    "GatewayModels": thing("", {"object": TEXT, "data": listed(ref("GatewayModel"))}),
    "GatewayError": thing(
        "OpenAI's envelope. docs/errors.md lists the codes.",
        {
            "error": thing(
                "",
                {"message": TEXT, "type": TEXT, "param": maybe(TEXT), "code": maybe(TEXT)},
                {
                    "provider": told(TEXT, "The provider that failed."),
                    "vendor_status": told(maybe(WHOLE), "The vendor's own status."),
                    "vendor_code": told(maybe(TEXT), "The vendor's own code."),
                    "details": told(OBJECT, "What a program may read: which budget, limit or guardrail."),
                },
            )
        },
    ),
}

ANTHROPIC: dict[str, Shape] = {
    "MessagesRequest": thing(
        "Anthropic's request, for any vendor's model.",
        {"model": TEXT, "max_tokens": WHOLE, "messages": listed(OBJECT)},
        {
            "system": {"oneOf": [TEXT, listed(OBJECT)]},
            "temperature": NUMBER,
            "tools": listed(OBJECT),
            "stream": FLAG,
            "thinking": OBJECT,
        },
    ),
    "Message": thing(
        "Anthropic's answer.",
        {
            "id": TEXT,
            "type": TEXT,
            "role": TEXT,
            "model": TEXT,
            "content": listed(thing("", {"type": TEXT})),
            "stop_reason": maybe(TEXT),
            "usage": thing("", {"input_tokens": maybe(WHOLE), "output_tokens": maybe(WHOLE)}),
        },
        {"stop_sequence": maybe(TEXT)},
    ),
    "CountRequest": thing("", {"model": TEXT, "messages": listed(OBJECT)}, {"system": {}, "tools": listed(OBJECT)}),
    "Count": thing("`x-switchboard-usage-basis` says who counted: vendor or estimated.", {"input_tokens": WHOLE}),
    "AnthropicError": thing(
        "Anthropic's envelope.",
        {
            "type": TEXT,
            "error": thing("", {"type": TEXT, "message": TEXT}, {"details": OBJECT}),
            "request_id": maybe(TEXT),
        },
    ),
}

SPENT = thing(
    "null where nobody can tell now.",
    {
        "since": MOMENT,
        "requests": WHOLE,
        "input": WHOLE,
        "output": WHOLE,
        "cost_usd": NUMBER,
        "cost_nano": WHOLE,
        "requests_of_unknown_cost": WHOLE,
        "saved_usd": NUMBER,
    },
)
LIMIT = maybe(thing("", {"limit": WHOLE, "remaining": maybe(WHOLE)}))
OURS: dict[str, Shape] = {
    "KeyUsage": thing(
        "What the calling key spent and may spend.",
        {
            "object": TEXT,
            "key": thing("", {"name": TEXT, "team": maybe(TEXT)}),
            "usage": thing("", {"today": maybe(SPENT), "month": maybe(SPENT)}),
            "budgets": listed(
                thing(
                    "",
                    {
                        "name": TEXT,
                        "of": TEXT,
                        "measure": told(TEXT, "cost or usage."),
                        "unit": TEXT,
                        "mode": TEXT,
                        "period": TEXT,
                        "amount": WHOLE,
                        "spent": WHOLE,
                        "held": WHOLE,
                        "left": WHOLE,
                        "since": maybe(TEXT),
                        "resets_at": maybe(TEXT),
                    },
                    {"left_usd": NUMBER},
                )
            ),
            "limits": listed(thing("", {"name": TEXT, "requests": LIMIT, "usage": LIMIT, "parallel": LIMIT})),
        },
    ),
    "Live": thing("", {"status": {"type": "string", "enum": ["ok"]}}),
    "Ready": thing(
        "",
        {
            "status": {"type": "string", "enum": ["ready", "degraded", "unready"]},
            "checks": {"type": "object", "additionalProperties": thing("", {"ok": FLAG, "said": TEXT})},
        },
    ),
    "ExplainRequest": thing(
        "Either `request` or `log_id`.",
        {},
        {
            "request": told(OBJECT, "A body as an app sends it."),
            "log_id": told(TEXT, "A row of the request log."),
            "endpoint": told(TEXT, "chat.completions (usual), messages, completions, embeddings or rerank."),
            "api_key": told(TEXT, "The name of the key that would ask."),
            "session": told(TEXT, "The conversation it is a turn of."),
            "draft": told(OBJECT, '{"routes": […]}: routes nobody saved yet, in place of those of their names.'),
        },
    ),
    "Explanation": thing(
        "",
        {
            "story": told(maybe(OBJECT), "Targets in order with scores and reasons, who was dropped and why."),
            "error": told(maybe(OBJECT), "What the app would get instead."),
            "basis": {"type": "string", "enum": ["request", "content", "row"]},
            "note": TEXT,
        },
    ),
}
OURS["ExplainRequest"]["additionalProperties"] = False

SHAPES: dict[str, Shape] = {**OPENAI, **ANTHROPIC, **OURS}
