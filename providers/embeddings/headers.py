"""Usage that stands in the headers of a reply and nowhere else.

Sources: Amazon Bedrock, InvokeModel (``X-Amzn-Bedrock-Input-Token-Count``); Text Embeddings Inference, ``/embed``
(``x-compute-tokens``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from providers.canonical import Usage
from providers.embeddings.reading import input_usage, summed

NAMES = ("x-amzn-bedrock-input-token-count", "x-compute-tokens")


def header_usage(replies: Iterable[Mapping[str, str]]) -> Usage | None:
    """Of all replies together; ``None`` where one of them tells nothing. Looked up by lower-case names."""
    return summed(_one(headers) for headers in replies)


def _one(headers: Mapping[str, str]) -> Usage | None:
    for name in NAMES:
        count = headers.get(name, "")
        if count.isascii() and count.isdigit() and len(count) < 16:
            return input_usage(int(count))
    return None
