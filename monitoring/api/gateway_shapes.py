"""Shapes of the gateway's own endpoints beside OpenAI's, written by hand: Anthropic's, and Switchboard's own."""

from __future__ import annotations

from monitoring.api.openai_shapes import OPENAI
from monitoring.api.schema_words import FLAG, MOMENT, NUMBER, OBJECT, TEXT, WHOLE, Shape, listed, maybe, thing, told

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
                        "amount": told(maybe(WHOLE), "null, as are spent and held, for a budget that teams share."),
                        "spent": maybe(WHOLE),
                        "held": maybe(WHOLE),
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
