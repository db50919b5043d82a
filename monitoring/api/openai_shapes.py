"""Shapes of the gateway's own endpoints in OpenAI's manner, written by hand. They name what Switchboard promises;
fields of the vendors' own pass through beside them."""

from __future__ import annotations

from monitoring.api.schema_words import FLAG, NUMBER, OBJECT, TEXT, WHOLE, Shape, listed, maybe, ref, thing, told

ONE_OR_MANY: Shape = {"oneOf": [TEXT, listed(TEXT)]}
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
