"""KServe's ``/infer``: texts and numbers as named tensors. It does not stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.wires.openai.codec import mapping

TYPES = {"max_tokens": "INT32", "top_k": "INT32", "seed": "UINT64", "stop_words": "BYTES"}  # all others are FP32


def write(sampling: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The first dimension of each tensor is the batch."""
    inputs = [_tensor("text_input", "BYTES", [text])]
    for name, value in sampling.items():
        data = value if isinstance(value, list) else [value]
        inputs.append(_tensor(name, TYPES.get(name, "FP32"), data))
    return {"inputs": inputs, "outputs": [{"name": "text_output"}]}


def _tensor(name: str, datatype: str, data: list[Any]) -> dict[str, Any]:
    return {"name": name, "shape": [1, len(data)], "datatype": datatype, "data": data}


def flattened(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer with its outputs as fields, as the generate extension has them."""
    outputs = answer.get("outputs")
    if not isinstance(outputs, list):
        return answer
    beside = {name: value for name, value in answer.items() if name != "outputs"}
    return {**beside, **{str(one.get("name")): _first(one.get("data")) for one in map(mapping, outputs)}}


def _first(data: Any) -> Any:
    while isinstance(data, list) and data:
        data = data[0]
    return data
