"""Hugging Face's feature extraction: a bare array, and the model's own slashes in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from providers.canonical import HttpParts, Target
from providers.embeddings.asking import UNSET, dropped, groups, parts, taken, texts, whole_vectors
from providers.embeddings.base import EmbeddingCall, EmbeddingReply
from providers.embeddings.reading import reply
from providers.embeddings.tei import rows
from providers.templates import fill, segments

USUAL_PATH = "https://router.huggingface.co/hf-inference/models/{model}/pipeline/feature-extraction"
MOST_INPUTS = 32


class HuggingFaceEmbeddings:
    name = "huggingface"

    def write_requests(self, call: EmbeddingCall, target: Target) -> Sequence[HttpParts]:
        whole_vectors(call, target)
        fixed: dict[str, Any] = taken(
            call, "normalize", "truncate", "truncation_direction", "prompt_name", "parameters"
        )
        lost = dropped(call, fixed)
        bodies = [{"inputs": group, **fixed} for group in groups(texts(call, target), target, most=MOST_INPUTS)]
        return parts(_place(target), bodies, dropped=lost)

    def read_replies(self, bodies: Sequence[bytes], call: EmbeddingCall, target: Target) -> EmbeddingReply:
        return reply([row for body in bodies for row in rows(body, target)], call, target, usage=None)


def _place(target: Target) -> str:
    template: str = target.vendor.embeddings_path
    template = USUAL_PATH if template == UNSET else template
    return fill(template.replace("{model}", segments(target.model)), target.settings)


DIALECT = HuggingFaceEmbeddings()
