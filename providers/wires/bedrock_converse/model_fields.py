"""What each family of models takes beside Converse's common fields: thinking, top_k, betas.

Sources: Amazon Bedrock user guide, "Inference request parameters and response fields for foundation models"; Amazon
Nova user guide, "Extended thinking"; Qwen's and gpt-oss's pages there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.canonical import Call, Thinking
from providers.errors import UnsupportedFeature
from providers.wires.anthropic.claude import traits
from providers.wires.anthropic.thinking_out import write_sampling, write_thinking

EFFORT_BETA = "effort-2025-11-24"  # Claude Opus 4.5 takes an effort with it only
LOW = frozenset(("minimal", "low"))
HIGH = frozenset(("high", "xhigh", "max"))
OWN = "additionalModelRequestFields"


def is_claude(model: str) -> bool:
    return "claude" in model.lower()


def write_model_fields(call: Call, model: str, config: dict[str, Any], dropped: list[str]) -> dict[str, Any]:
    """``additionalModelRequestFields``; puts temperature and top_p into ``config`` as far as the model takes them. What
    is not taken is named in ``dropped``."""
    own = call.extra.get(OWN)
    fields = _claude(call, model, config, dropped) if is_claude(model) else _other(call, model, config, dropped)
    betas = call.extra.get("anthropic_beta") or call.extra.get("betas")
    if is_claude(model) and isinstance(betas, list | tuple) and betas:
        fields["anthropic_beta"] = [*fields.get("anthropic_beta", ()), *betas]
    return fields | (dict(own) if isinstance(own, Mapping) else {})


def _claude(call: Call, model: str, config: dict[str, Any], dropped: list[str]) -> dict[str, Any]:
    known = traits(model)
    if call.output_format is not None and call.output_format.kind == "json_schema" and not known.schema:
        raise UnsupportedFeature("response_format json_schema is not supported by this model", param="response_format")
    room = call.max_output if call.max_output is not None else known.max_output
    thinking, effort = write_thinking(call, traits=known, max_tokens=room, dropped=dropped)
    fields: dict[str, Any] = {}
    if thinking is not None:
        fields["thinking"] = thinking
    thinks = thinking is not None and thinking.get("type") != "disabled"
    if effort is not None:
        fields["output_config"] = {"effort": effort}
        if known.thinking == "budget":
            fields["anthropic_beta"] = [EFFORT_BETA]
    sampling = write_sampling(call, traits=known, thinking=thinks, dropped=dropped)
    if "top_k" in sampling:
        fields["top_k"] = sampling["top_k"]
    config |= {theirs: sampling[ours] for ours, theirs in _SAMPLING.items() if ours in sampling}
    return fields


_SAMPLING = {"temperature": "temperature", "top_p": "topP"}


def _other(call: Call, model: str, config: dict[str, Any], dropped: list[str]) -> dict[str, Any]:
    name = model.lower()
    fields: dict[str, Any] = {}
    for ours, theirs in _SAMPLING.items():
        value = getattr(call, ours)
        if value is not None and 0 <= value <= 1:  # Converse takes no other
            config[theirs] = value
        elif value is not None:
            dropped.append(ours)
    if call.top_k is not None and call.top_k > 0:
        fields |= _top_k(name, call.top_k, dropped)
    if call.thinking is not None:
        fields |= _effort(call, call.thinking, name, config, dropped)
    return fields


def _top_k(model: str, top_k: int, dropped: list[str]) -> dict[str, Any]:
    if "nova" in model:
        return {"inferenceConfig": {"topK": top_k}}
    if "mistral" in model:
        return {"top_k": top_k}
    if "cohere" in model:
        return {"k": top_k}
    dropped.append("top_k")
    return {}


def _effort(call: Call, asked: Thinking, model: str, config: dict[str, Any], dropped: list[str]) -> dict[str, Any]:
    off = asked.enabled is False or asked.effort == "none" or asked.budget == 0
    word = _word(asked)
    if "gpt-oss" in model and not off:
        return {"reasoning_effort": word}
    if "qwen" in model and not off:
        return {"reasoning_config": word}
    if "nova-2" in model:
        return {"reasoningConfig": {"type": "disabled"}} if off else _nova(call, word, config, dropped)
    if not off:
        dropped.append("reasoning_effort")
    return {}


def _nova(call: Call, word: str, config: dict[str, Any], dropped: list[str]) -> dict[str, Any]:
    """Nova 2 refuses limits and sampling beside its highest effort: an app's limit counts for more than that."""
    if word == "high" and call.max_output is not None:
        word = "medium"
    if word == "high":
        dropped.extend(ours for ours, theirs in _SAMPLING.items() if config.pop(theirs, None) is not None)
    return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": word}}


def _word(asked: Thinking) -> str:
    """Three levels are all these models have."""
    if asked.effort in LOW or (asked.effort is None and asked.budget is not None and asked.budget <= 2048):
        return "low"
    if asked.effort in HIGH or (asked.effort is None and asked.budget is not None and asked.budget > 8192):
        return "high"
    return "medium"
