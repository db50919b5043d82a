"""A vendor's model list, read: ids, and what a row says of a model in any of the vendors' words. No I/O.

Whatever a row leaves unsaid is ``None``. Recognised: OpenRouter, Together, Groq, Mistral, Anthropic, Google, Cohere,
DeepInfra, Fireworks, Novita, Hugging Face, Venice, Perplexity, Copilot, LiteLLM, vLLM, llama.cpp, LM Studio, Bedrock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from providers.listed_prices import read_price

MAX_MODEL_ID = 250  # characters; longer ones are nothing a call could name
_LARGEST = 2**31 - 1
LISTS = ("data", "models", "result", "modelSummaries")
IDS = ("id", "name", "model_name", "modelId", "model", "key")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedModel:
    """A row of a vendor's list. ``price``: USD for a million units, and for one request."""

    id: str
    mode: str | None = None  # a Model.Mode
    context_window: int | None = None
    max_output: int | None = None
    vision: bool | None = None
    tools: bool | None = None
    reasoning: bool | None = None
    structured_output: bool | None = None
    audio: bool | None = None
    streaming: bool | None = None
    dimensions: int | None = None
    price: Mapping[str, Decimal] = field(default_factory=dict)

    def said(self) -> dict[str, Any]:
        """What the row says, fit for JSON; without its id and what it leaves open."""
        found = {
            name: value for name, value in asdict(self).items() if value is not None and name not in ("id", "price")
        }
        if self.price:
            found["price"] = {unit: str(price) for unit, price in self.price.items()}
        return found


def read_list(answer: Any, *, dollars: bool = True) -> list[ListedModel]:
    """A decoded list: an array, or an object that holds one. ``dollars``: a price without a currency is in USD.
    Raises ``TypeError`` for anything else."""
    rows = answer
    if isinstance(answer, Mapping):
        rows = next((answer[name] for name in LISTS if name in answer), None)
    if not isinstance(rows, list):
        raise TypeError("no list")
    return usable((row if isinstance(row, str) else read_row(row, dollars=dollars)) for row in rows)


def usable(items: Iterable[Any]) -> list[ListedModel]:
    """Plain ids and read rows alike as rows, each id once; what no call could name is left out."""
    found: dict[str, ListedModel] = {}
    for item in items:
        one = ListedModel(id=item) if isinstance(item, str) else item
        if isinstance(one, ListedModel) and 0 < len(one.id.strip()) <= MAX_MODEL_ID:
            found.setdefault(one.id, one)
    return list(found.values())


def read_row(row: Any, *, dollars: bool = True) -> ListedModel | None:
    """One row; ``None`` for one without an id."""
    if not isinstance(row, Mapping):
        return None
    name = next((row[key] for key in IDS if isinstance(row.get(key), str) and row[key]), None)
    if name is None:
        return None
    flags, words, wholly = _flags(row), _words(row), _tells_all(row)
    inputs = _strings(row, "input_modalities", "inputModalities") or _strings(
        _sub(row, "architecture"), "input_modalities"
    )
    model_id = name.removeprefix("models/")
    mode = _mode(row, words)
    return ListedModel(
        id=model_id,
        mode=mode,
        context_window=_number(row, CONTEXT),
        max_output=_max_output(row),
        vision=_able(flags, words, VISION, inputs=inputs, modality="image"),
        tools=_able(flags, words, TOOLS, closed=wholly),
        reasoning=_able(flags, words, REASONING, closed=wholly),
        structured_output=_able(flags, words, STRUCTURED, closed=wholly),
        audio=_able(flags, words, AUDIO, inputs=inputs, modality="audio"),
        streaming=_able(flags, words, STREAMING),
        dimensions=_number(row, (("dimensions",), ("output_vector_size",), ("model_info", "output_vector_size"))),
        price=read_price(row, model_id, dollars=dollars),
    )


# Where rows keep their limits, best first.
CONTEXT = (
    ("context_length",),
    ("context_window",),
    ("context_size",),  # Novita
    ("max_context_length",),  # Mistral, LM Studio
    ("max_model_len",),  # vLLM
    ("max_input_tokens",),  # Anthropic
    ("inputTokenLimit",),  # Google
    ("top_provider", "context_length"),
    ("capabilities", "limits", "max_context_window_tokens"),  # Copilot
    ("model_spec", "availableContextTokens"),  # Venice
    ("model_info", "max_input_tokens"),  # LiteLLM
    ("metadata", "context_length"),  # DeepInfra
    ("meta", "n_ctx"),  # llama.cpp: what it was started with
    ("meta", "n_ctx_train"),
)
OUTPUT = (
    ("max_completion_tokens",),
    ("max_output_tokens",),
    ("max_output_length",),
    ("outputTokenLimit",),
    ("top_provider", "max_completion_tokens"),
    ("capabilities", "limits", "max_output_tokens"),
    ("model_spec", "maxCompletionTokens"),
    ("model_info", "max_output_tokens"),
    ("metadata", "max_tokens"),
)

# Flags and words, folded: small letters without marks.
VISION = frozenset({"vision", "supportsvision", "supportsimageinput", "imageinput"})
AUDIO = frozenset({"audio", "supportsaudioinput", "audioinput"})
TOOLS = frozenset(
    {"tools", "toolchoice", "toolcalls", "toolcalling", "tooluse", "functioncalling", "supportstools"}
    | {"supportsfunctioncalling"}
)
REASONING = frozenset({"reasoning", "includereasoning", "reasoningeffort", "thinking", "supportsreasoning"})
STRUCTURED = frozenset(
    {"structuredoutputs", "structuredoutput", "jsonschema", "supportsresponseschema", "supportsstructuredoutput"}
)
STREAMING = frozenset({"streaming", "supportsstreaming", "responsestreamingsupported"})

MODES = {
    "chat": {"chat", "text", "language", "llm", "vlm", "code", "generatecontent", "completion", "chatcompletion"}
    | {"chatcompletions", "v1messages", "textgeneration"},
    "responses": {"responses"},
    "embedding": {"embedding", "embeddings", "embed", "embedcontent", "textembedding"},
    "rerank": {"rerank", "reranker"},
    "transcription": {"transcription", "transcribe", "asr", "audiotranscription", "audiotranscriptions"},
    "other": {"image", "video", "audio", "moderation", "tts", "speech", "audiospeech", "imagegeneration", "ocr"},
}


def _max_output(row: Mapping[str, Any]) -> int | None:
    found = _number(row, OUTPUT)
    if found is None and "max_input_tokens" in row:
        return _number(row, (("max_tokens",),))  # Anthropic's word for it; elsewhere it may be the context
    return found


def _mode(row: Mapping[str, Any], words: frozenset[str]) -> str | None:
    """What it is for, by what it can be asked at, else by its type or what it gives."""
    for group in (_asked_at(row), _types(row), words, _given(row)):
        found = next((mode for mode, names in MODES.items() if names & group), None)
        if found is not None:
            return found
    return None


def _types(row: Mapping[str, Any]) -> frozenset[str]:
    """``model`` and ``model_capabilities`` say nothing: they are the kind of the row itself."""
    subs = (row, _sub(row, "capabilities"), _sub(row, "model_info"))
    said = [sub.get(name) for sub in subs for name in ("type", "mode", "model_type", "category")]
    return frozenset(_fold(one) for one in said if isinstance(one, str))


def _asked_at(row: Mapping[str, Any]) -> frozenset[str]:
    found = _strings(row, "supported_endpoints", "endpoints", "supportedGenerationMethods")
    capabilities = _sub(row, "capabilities")
    if capabilities.get("completion_chat") is True:
        found = (*found, "chat")
    return frozenset(_fold(one) for one in found)


def _given(row: Mapping[str, Any]) -> frozenset[str]:
    given = _strings(row, "output_modalities", "outputModalities")
    given = given or _strings(_sub(row, "architecture"), "output_modalities")
    return frozenset({"text"} if "text" in {one.lower() for one in given} else {_fold(one) for one in given})


def _flags(row: Mapping[str, Any]) -> dict[str, bool]:
    """Yes and no, wherever rows keep them: ``true``, or ``{"supported": true}``."""
    capabilities = _sub(row, "capabilities")
    spec = _sub(_sub(row, "model_spec"), "capabilities")
    found: dict[str, bool] = {}
    for holder in (row, capabilities, _sub(capabilities, "supports"), spec, _sub(row, "model_info"), *_backends(row)):
        for name, value in holder.items():
            value = value.get("supported") if isinstance(value, Mapping) else value
            if isinstance(value, bool):
                found.setdefault(_fold(name), value)
    return found


def _backends(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Hugging Face's ``providers``, where they are of one mind; which of them answers is not known."""
    rows = [one for one in row.get("providers") or () if isinstance(one, Mapping)] if _is_list(row, "providers") else []
    if not rows:
        return []
    first = rows[0]
    return [{name: value for name, value in first.items() if all(one.get(name) == value for one in rows)}]


def _words(row: Mapping[str, Any]) -> frozenset[str]:
    names = ("supported_parameters", "supported_features", "features", "capabilities")
    found = [one for name in names for one in _strings(row, name)]
    return frozenset(_fold(one) for one in (*found, *_strings(_sub(row, "metadata"), "tags")))


def _tells_all(row: Mapping[str, Any]) -> bool:
    """Whether what the row does not name is not there: lists of parameters and features are whole."""
    return bool(_strings(row, "supported_parameters") or _strings(row, "supported_features"))


def _able(
    flags: Mapping[str, bool],
    words: frozenset[str],
    names: frozenset[str],
    *,
    inputs: tuple[str, ...] = (),
    modality: str = "",
    closed: bool = False,
) -> bool | None:
    said = [flags[name] for name in names if name in flags]
    if inputs and modality:
        return modality in {one.lower() for one in inputs} or any(said)
    if said:
        return any(said)
    if names & words:
        return True
    return False if closed else None


def _number(row: Mapping[str, Any], paths: tuple[tuple[str, ...], ...]) -> int | None:
    for path in paths:
        found: Any = row
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        if isinstance(found, int) and not isinstance(found, bool) and 0 < found <= _LARGEST:
            return found
    return None


def _sub(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = row.get(name)
    return found if isinstance(found, Mapping) else {}


def _strings(row: Mapping[str, Any], *names: str) -> tuple[str, ...]:
    return tuple(one for name in names if _is_list(row, name) for one in row[name] if isinstance(one, str))


def _is_list(row: Mapping[str, Any], name: str) -> bool:
    return isinstance(row.get(name), list)


def _fold(word: object) -> str:
    return "".join(letter for letter in str(word).lower() if letter.isalnum())
