"""Where a record belongs: the vendor file and wire that would have had the conversation, and who reads its answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from providers.canonical import Target
from providers.vendors import all_vendors, vendor
from providers.wires import Wire, wire
from tests.recorded.expected import Expected
from tests.recorded.oracles import anthropic, bedrock, cloudflare, cohere, gemini, ollama, openai, responses, sagemaker
from tests.recorded.records import Record

SLUGS = {
    "alibaba": "qwen",
    "azure-openai": "azure",
    "copilot": "github_copilot",
    "gemini": "google",
    "llamacpp": "llama_cpp",
    "openai-codex": "openai",
    "togetherai": "together",
    "vertex": "vertex_ai",
    "zai": "zhipu",
}
OTHERS = "openai_compatible"  # for a vendor without a file of its own


@dataclass(frozen=True, slots=True)
class Place:
    wire: str
    oracle: Callable[..., Expected]


PLACES = {
    ("openai", "chat"): Place("openai", openai.read),
    ("mistral", "chat"): Place("openai", openai.read),
    ("writer", "cohere-chat"): Place("openai", openai.read),
    ("anthropic", "messages"): Place("anthropic", anthropic.read),
    ("anthropic-vertex", "rawPredict"): Place("vertex_anthropic", anthropic.read),
    ("anthropic-vertex", "streamRawPredict"): Place("vertex_anthropic", anthropic.read),
    ("bedrock-converse", "converse"): Place("bedrock_converse", bedrock.read),
    ("bedrock-converse", "converse-stream"): Place("bedrock_converse", bedrock.read),
    ("bedrock-invoke", "invoke"): Place("bedrock_invoke", bedrock.read_invoke),
    ("bedrock-invoke", "invoke-with-response-stream"): Place("bedrock_invoke", bedrock.read_invoke),
    ("cloudflare", "run"): Place("cloudflare", cloudflare.read),
    ("cohere-v1", "cohere-chat"): Place("cohere", cohere.read_v1),
    ("cohere-v2", "cohere-chat"): Place("cohere", cohere.read),
    ("gemini", "generateContent"): Place("gemini", gemini.read),
    ("gemini", "streamGenerateContent"): Place("gemini", gemini.read),
    ("ollama", "api-chat"): Place("ollama", ollama.read),
    ("ollama", "api-generate"): Place("ollama", ollama.read),
    ("openai-responses", "responses"): Place("responses", responses.read),
    ("sagemaker", "invocations"): Place("sagemaker", sagemaker.read),
}


def place(record: Record) -> Place | None:
    """``None`` for what no wire of ours speaks; see ``why_not``."""
    found = PLACES.get((record.wire, record.endpoint))
    if found is None or not _is_chat(record):
        return None
    return found if _there(found.wire) else None


def _is_chat(record: Record) -> bool:
    """Whether it is a conversation: Anthropic's on Bedrock (older Claudes completed prompts there), a response."""
    if record.wire == "bedrock-invoke":
        return "claude" in record.path and "messages" in (record.asked or {})
    return record.wire != "openai-responses" or record.path is None or "/responses/" not in record.path


def why_not(record: Record) -> str:
    if record.wire == "bedrock-invoke":
        return "InvokeModel is offered for Anthropic's messages; other models are called by Converse"
    return f"{record.wire} {record.endpoint} is no chat wire of ours"


@cache
def _there(name: str) -> bool:
    try:
        wire(name)
    except (KeyError, AttributeError):
        return False
    return True


def slug_of(record: Record) -> str:
    slug = SLUGS.get(record.vendor, record.vendor)
    return slug if slug in all_vendors() else OTHERS


def wire_of(record: Record) -> Wire:
    found = place(record)
    assert found is not None
    return wire(found.wire)


def target_of(record: Record) -> Target:
    facts = vendor(slug_of(record))
    settings = {setting.name: setting.default for setting in facts.settings if setting.default}
    if record.wire == "sagemaker" and "inputs" in (record.asked or {}):
        settings["body"] = "text-generation"
    return Target(provider=facts.slug, model=record.model, vendor=facts, settings=settings)
