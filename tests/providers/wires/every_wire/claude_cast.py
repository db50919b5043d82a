"""The same asked by an app that speaks Anthropic's dialect."""

from __future__ import annotations

from typing import Any

from tests.providers.wires.every_wire.cast import PDF, PNG, SCHEMA, Json, user


def tool_use(id: str, name: str, **more: Any) -> Json:
    return {"type": "tool_use", "id": id, "name": name, "input": {}, **more}


def answered(id: str, content: Any = None, **more: Any) -> Json:
    told = {} if content is None else {"content": content}
    return {"type": "tool_result", "tool_use_id": id, **told, **more}


def base64_source(media_type: str, data: str) -> Json:
    return {"type": "base64", "media_type": media_type, "data": data}


SEEN = {"type": "image", "source": base64_source("image/png", PNG)}
CLAUDE_TOOLS = [{"name": "zqlook", "description": "zqlook it", "input_schema": SCHEMA}]
CLAUDE_CALLS = [tool_use("toolu_zqa", "zqlook", input={"zqfield": "zqone"}), tool_use("toolu_zqb", "zqlook")]


def claude_turns(*content: Json) -> Json:
    calls = {"role": "assistant", "content": [{"type": "text", "text": "zqsaid"}, *CLAUDE_CALLS]}
    return {"messages": [user(), calls, user(list(content))], "tools": CLAUDE_TOOLS}


def document(source: Json, **more: Any) -> Json:
    return {"messages": [user([{"type": "text", "text": "zqread"}, {"type": "document", "source": source, **more}])]}


CLAUDE_CONTENT: dict[str, Json] = {
    "system": {"messages": [user()], "system": "zqsys"},
    "system in blocks": {
        "messages": [user()],
        "system": [
            {"type": "text", "text": "zqsys", "cache_control": {"type": "ephemeral"}},
            {"type": "text", "text": "zqmore"},
        ],
    },
    "system amid": {
        "messages": [
            user(),
            {"role": "system", "content": "zqmid"},
            {"role": "assistant", "content": "zqsaid"},
            user("zqlast"),
        ]
    },
    "picture": {"messages": [user([{"type": "text", "text": "zqsee"}, SEEN])]},
    "picture at an address": {
        "messages": [user([{"type": "image", "source": {"type": "url", "url": "https://zq.example/a.png"}}])]
    },
    "document": document(base64_source("application/pdf", PDF), title="zqtitle"),
    "document at an address": document({"type": "url", "url": "https://zq.example/a.pdf"}),
    "document of text": document({"type": "text", "media_type": "text/plain", "data": "zqtext"}, title="zqtitle"),
    "document of blocks": document({"type": "content", "content": [{"type": "text", "text": "zqinner"}]}),
    "document with context": document(
        {"type": "text", "media_type": "text/plain", "data": "zqtext"}, context="zqcontext"
    ),
    "uploaded file": document({"type": "file", "file_id": "file_zq"}),
    "two results": claude_turns(answered("toolu_zqa", "zqfound"), answered("toolu_zqb", "zqhalt")),
    "a result that failed": claude_turns(
        answered("toolu_zqa", "zqfound"), answered("toolu_zqb", "zqfailed", is_error=True)
    ),
    "a result that is a picture": claude_turns(
        answered("toolu_zqa", [{"type": "text", "text": "zqfound"}, SEEN]), answered("toolu_zqb")
    ),
    "a result that is a document": claude_turns(
        answered("toolu_zqa", [{"type": "document", "source": base64_source("application/pdf", PDF)}]),
        answered("toolu_zqb"),
    ),
    "results and a word": claude_turns(
        answered("toolu_zqa", "zqfound"), answered("toolu_zqb", "zqhalt"), {"type": "text", "text": "zqalso"}, SEEN
    ),
    "search result": {
        "messages": [
            user(
                [
                    {
                        "type": "search_result",
                        "source": "https://zq.example",
                        "title": "zqtitle",
                        "content": [{"type": "text", "text": "zqinner"}],
                    }
                ]
            )
        ]
    },
    "same role twice": {"messages": [user(), user("zqagain")]},
    "prefill": {"messages": [user(), {"role": "assistant", "content": "zqbegun"}]},
    "empty content": {"messages": [user(), {"role": "assistant", "content": []}, user("zqlast")]},
    "a server tool": {
        "messages": [user()],
        "tools": [{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}],
    },
    "an own tool": {"messages": [user()], "tools": [{"type": "bash_20250124", "name": "bash"}]},
}
CLAUDE_PLAIN: Json = {"messages": [user()], "tools": CLAUDE_TOOLS, "max_tokens": 4000}
CLAUDE_KNOBS: dict[str, Json] = {
    "max_tokens": {"max_tokens": 77},
    "temperature": {"temperature": 0.25},
    "top_p": {"top_p": 0.75},
    "top_k": {"top_k": 17},
    "stop_sequences": {"stop_sequences": ["zqhalt"]},
    "metadata": {"metadata": {"user_id": "zqme"}},
    "unknown": {"zqfuture": {"a": 1}},
    "budget": {"thinking": {"type": "enabled", "budget_tokens": 2048}},
    "adaptive": {"thinking": {"type": "adaptive"}},
    "thinking off": {"thinking": {"type": "disabled"}},
    "effort": {"output_config": {"effort": "high"}},
    "tool_choice none": {"tool_choice": {"type": "none"}},
    "tool_choice any": {"tool_choice": {"type": "any"}},
    "tool_choice tool": {"tool_choice": {"type": "tool", "name": "zqlook"}},
    "one at a time": {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
    "json schema": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    "service tier": {"service_tier": "standard_only"},
    "context management": {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
    "a tool that streams": {"tools": [{**CLAUDE_TOOLS[0], "eager_input_streaming": True}]},
    "a strict tool": {"tools": [{**CLAUDE_TOOLS[0], "strict": True}]},
    "a tool kept in the cache": {"tools": [{**CLAUDE_TOOLS[0], "cache_control": {"type": "ephemeral"}}]},
    "a tool with examples": {"tools": [{**CLAUDE_TOOLS[0], "input_examples": [{"zqfield": "zqex"}]}]},
}
