"""Writes a random LLaMA of half a megabyte in the GGUF format: it answers gibberish, at once.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md (version 3, little-endian).
"""

from __future__ import annotations

import random
import struct
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

WIDTH, LAYERS, HEADS, HIDDEN, CONTEXT = 64, 2, 4, 128, 2048
WORDS = ["▁a", "▁the", "▁quiet", "▁river", "▁runs", "▁under", "▁seven", "▁green", "▁bridges", "▁at", "▁night"]
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"
ALIGNMENT = 32

UINT32, INT32, FLOAT32, STRING, ARRAY = 4, 5, 6, 8, 9
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6  # kinds of vocabulary entries


def write_tiny_model(path: Path) -> None:
    """Writes the model to ``path``. The same bytes every time."""
    tensors = list(_tensors(len(_vocabulary())))
    facts = _facts()
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(facts))
    head += b"".join(_string(key) + struct.pack("<I", kind) + _value(kind, value) for key, kind, value in facts)
    offset = 0
    for name, shape, data in tensors:
        head += _string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, offset)
        offset += len(_padded(data.tobytes()))
    path.write_bytes(_padded(head) + b"".join(_padded(data.tobytes()) for _, _, data in tensors))


def _vocabulary() -> list[tuple[str, int]]:
    letters = [(f"<0x{code:02X}>", BYTE) for code in range(256)]
    return [("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL), *letters, *((word, NORMAL) for word in WORDS)]


def _facts() -> list[tuple[str, int, Any]]:
    vocabulary = _vocabulary()
    return [
        ("general.architecture", STRING, "llama"),
        ("general.name", STRING, "tiny-random"),
        ("general.alignment", UINT32, ALIGNMENT),
        ("general.file_type", UINT32, 0),
        ("llama.context_length", UINT32, CONTEXT),
        ("llama.embedding_length", UINT32, WIDTH),
        ("llama.block_count", UINT32, LAYERS),
        ("llama.feed_forward_length", UINT32, HIDDEN),
        ("llama.attention.head_count", UINT32, HEADS),
        ("llama.attention.head_count_kv", UINT32, HEADS),
        ("llama.attention.layer_norm_rms_epsilon", FLOAT32, 1e-5),
        ("llama.rope.dimension_count", UINT32, WIDTH // HEADS),
        ("llama.vocab_size", UINT32, len(vocabulary)),
        ("tokenizer.ggml.model", STRING, "llama"),
        ("tokenizer.ggml.tokens", ARRAY, (STRING, [word for word, _ in vocabulary])),
        ("tokenizer.ggml.scores", ARRAY, (FLOAT32, [0.0] * len(vocabulary))),
        ("tokenizer.ggml.token_type", ARRAY, (INT32, [kind for _, kind in vocabulary])),
        ("tokenizer.ggml.unknown_token_id", UINT32, 0),
        ("tokenizer.ggml.bos_token_id", UINT32, 1),
        ("tokenizer.ggml.eos_token_id", UINT32, 2),
        ("tokenizer.chat_template", STRING, TEMPLATE),
    ]


def _tensors(vocabulary: int) -> Iterator[tuple[str, Sequence[int], array[float]]]:
    """Name, shape (fastest dimension first) and values of every tensor."""
    chance = random.Random(7)

    def noise(name: str, *shape: int) -> tuple[str, Sequence[int], array[float]]:
        size = shape[0] * shape[1]
        return f"{name}.weight", shape, array("f", (chance.gauss(0, 0.5) for _ in range(size)))

    def ones(name: str) -> tuple[str, Sequence[int], array[float]]:
        return f"{name}.weight", (WIDTH,), array("f", [1.0]) * WIDTH

    yield noise("token_embd", WIDTH, vocabulary)
    yield ones("output_norm")
    yield noise("output", WIDTH, vocabulary)
    for layer in (f"blk.{number}" for number in range(LAYERS)):
        yield ones(f"{layer}.attn_norm")
        yield ones(f"{layer}.ffn_norm")
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            yield noise(f"{layer}.{name}", WIDTH, WIDTH)
        yield noise(f"{layer}.ffn_gate", WIDTH, HIDDEN)
        yield noise(f"{layer}.ffn_up", WIDTH, HIDDEN)
        yield noise(f"{layer}.ffn_down", HIDDEN, WIDTH)


def _value(kind: int, value: Any) -> bytes:
    match kind:
        case 4:
            return struct.pack("<I", value)
        case 5:
            return struct.pack("<i", value)
        case 6:
            return struct.pack("<f", value)
        case 8:
            return _string(value)
        case _:
            inner, items = value
            return struct.pack("<IQ", inner, len(items)) + b"".join(_value(inner, item) for item in items)


def _string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % ALIGNMENT)
