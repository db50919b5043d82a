"""What dialects share in writing requests: where to, how many inputs at once, texts only, and what is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

from providers.canonical import HttpParts, Target
from providers.embeddings.base import EmbeddingCall
from providers.errors import UnsupportedFeature
from providers.templates import path
from providers.wires.openai.codec import encode

T = TypeVar("T")
UNSET = "/embeddings"  # ``Vendor.embeddings_path`` where the vendor's file says nothing


def where(target: Target, usual: str) -> str:
    """The vendor's path; ``usual``, the dialect's, where its file names none."""
    template: str = target.vendor.embeddings_path
    return path(usual if template == UNSET else template, target)


def texts(call: EmbeddingCall, target: Target) -> tuple[str, ...]:
    """Raises ``UnsupportedFeature`` for a tokenizer's numbers."""
    found = tuple(given for given in call.inputs if isinstance(given, str))
    if len(found) != len(call.inputs):
        raise UnsupportedFeature(
            f"{target.vendor.name} embeds texts only, not lists of a tokenizer's numbers.", param="input"
        )
    return found


def whole_vectors(call: EmbeddingCall, target: Target) -> None:
    """Raises ``UnsupportedFeature`` where ``dimensions`` were asked for: a vector of another length fits no index."""
    if call.dimensions is not None:
        raise UnsupportedFeature(f"{target.vendor.name} has one length of vector for each model.", param="dimensions")


def groups(inputs: Sequence[T], target: Target, *, most: int) -> list[Sequence[T]]:
    """``inputs`` in as many requests as needed. A vendor's own ``embeddings_batch`` goes before ``most``."""
    size: int = target.vendor.embeddings_batch or most
    return [inputs[at : at + size] for at in range(0, len(inputs), size)]


def taken(call: EmbeddingCall, *names: str) -> dict[str, Any]:
    """The fields of ``extra`` the vendor knows under the same name."""
    return {name: call.extra[name] for name in names if call.extra.get(name) is not None}


def dropped(call: EmbeddingCall, body: Mapping[str, Any], *also: str) -> tuple[str, ...]:
    """What the app said that ``body`` does not hold. ``also`` are fields it holds under another name."""
    said = {name for name, value in call.extra.items() if value is not None}
    said |= {name for name in ("user", "input_type") if getattr(call, name) is not None}
    return tuple(sorted(said - set(body) - set(also)))


def parts(where: str, bodies: Iterable[Mapping[str, Any]], *, dropped: tuple[str, ...] = ()) -> list[HttpParts]:
    return [HttpParts(path=where, content=encode(body), dropped=dropped) for body in bodies]
