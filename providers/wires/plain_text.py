"""For wires whose models take one text and give one: what cannot be asked of them."""

from __future__ import annotations

from providers.canonical import Call
from providers.errors import UnsupportedFeature

FEATURES = {"logprobs": "logprobs", "top_logprobs": "logprobs", "audio": "audio output", "functions": "tools"}
HANDLED = frozenset({"stream_options", "max_completion_tokens", "tool_choice", *FEATURES})  # of OpenAI's extra fields
TURN = "\n\nUser:"  # where a model that plays both sides of a transcript is stopped


def refuse_features(call: Call, *, where: str) -> None:
    """Raises ``UnsupportedFeature`` naming the first thing of ``call`` that no plain text can carry."""
    asked = {
        "tools": bool(call.tools) and not (call.tool_choice and call.tool_choice.mode == "none"),
        "response_format": call.output_format is not None and call.output_format.kind != "text",
        "n": call.n is not None and call.n > 1,
        **{name: bool(call.extra.get(name)) for name in FEATURES},
    }
    for name, said in asked.items():
        if said:
            raise UnsupportedFeature(f"{FEATURES.get(name, name)} cannot be asked of {where}", param=name)


def unknown_knobs(call: Call, *names: str) -> list[str]:
    """What the app said of ``names`` and in fields nobody here knows."""
    said = [name for name in names if getattr(call, name) is not None]
    if (
        call.thinking is not None
        and call.thinking.enabled is not False
        and (call.thinking.effort or call.thinking.budget)
    ):
        said.append("reasoning_effort")
    return [*said, *sorted(name for name in call.extra if name not in HANDLED)]
