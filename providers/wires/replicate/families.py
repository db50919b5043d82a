"""How the models of an owner name their inputs. Source: the schemas on replicate.com of the models named."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """``system``: the input of the system's text; ``None`` where there is none and the prompt begins with it.
    ``most``: of the longest answer. ``pictures``: ``image`` takes one, any other a list. ``effort``: whether there is
    ``reasoning_effort``."""

    system: str | None = "system_prompt"
    most: str = "max_tokens"
    pictures: str = "image"
    effort: bool = False


FAMILIES: tuple[tuple[str, Family], ...] = (
    ("openai/gpt-oss", Family(system=None)),
    ("openai/gpt-4", Family(most="max_completion_tokens", pictures="image_input")),
    ("openai/", Family(most="max_completion_tokens", pictures="image_input", effort=True)),
    ("google/", Family(system="system_instruction", most="max_output_tokens", pictures="images")),
    ("deepseek-ai/", Family(system=None)),
)
USUAL = Family()


def family_of(model: str) -> Family:
    """By how the model's id begins; what Meta's and Anthropic's models have is the usual."""
    return next((family for start, family in FAMILIES if model.startswith(start)), USUAL)
