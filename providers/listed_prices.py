"""The price in a row of a vendor's model list: USD for a million units, and for one request.

A zero says nothing, unless the row says that the model is free: lists fill in zeros for what they do not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from providers.pricing.money import decimal

MILLION = Decimal(1_000_000)
# Names that always mean one unit, and those that mean a million where they are numbers and one where they are texts
# (OpenRouter and Vercel write prices of one unit as texts).
SINGLE = {"prompt": "input", "completion": "output", "internal_reasoning": "reasoning", "audio": "audio_input"}
SINGLE |= {"input_cache_read": "cached_input", "input_cache_write": "cache_write"}
EITHER = {
    "input": "input",
    "input_tokens": "input",
    "output": "output",
    "output_tokens": "output",
    "cached_input": "cached_input",
    "cache_read": "cached_input",
    "cache_input": "cached_input",
    "cache_read_tokens": "cached_input",
    "cache_write": "cache_write",
    "cache_write_tokens": "cache_write",
}
LITELLM = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cached_input",
    "cache_creation_input_token_cost": "cache_write",
    "output_cost_per_reasoning_token": "reasoning",
    "input_cost_per_audio_token": "audio_input",
    "output_cost_per_audio_token": "audio_output",
}
NOVITA = {"input_token_price_per_m": "input", "output_token_price_per_m": "output"}  # in 0.0001 USD

Found = dict[str, Decimal]


def read_price(row: Mapping[str, Any], model_id: str, *, dollars: bool = True) -> Found:
    """Empty where the row names no price that can be relied on. ``dollars``: one without a currency is in USD."""
    pricing = _pricing(row)
    if str(pricing.get("currency", "usd")).lower() != "usd" or _is_variable(pricing):
        return {}
    named = "usd" in str(pricing.get("unit", "")).lower() or "currency" in pricing or _has_usd(pricing)
    found = _from_pricing(pricing) if dollars or named else {}
    found = found or _from_litellm(row) or _scaled(row, NOVITA, Decimal("0.0001"))
    if found and not any(found.values()):
        return {"input": Decimal(0), "output": Decimal(0)} if _is_free(row, model_id) else {}
    return {unit: price for unit, price in found.items() if price}


def _pricing(row: Mapping[str, Any]) -> Mapping[str, Any]:
    for holder in (row, _sub(row, "model_spec"), _sub(row, "metadata"), _shared(row)):
        if isinstance(holder.get("pricing"), Mapping):
            found: Mapping[str, Any] = holder["pricing"]
            return found
    return {}


def _shared(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """Hugging Face's backends, where all of them ask the same; which of them answers is not known."""
    rows = row.get("providers")
    prices = [one.get("pricing") for one in rows if isinstance(one, Mapping)] if isinstance(rows, list) else []
    return {"pricing": prices[0]} if prices and all(one == prices[0] for one in prices) else {}


def _from_pricing(pricing: Mapping[str, Any]) -> Found:
    by_million = "1m" in str(pricing.get("unit", "")).lower()
    found: Found = {}
    for name, value in pricing.items():
        value = value.get("usd") if isinstance(value, Mapping) else value
        price = decimal(value)
        unit = SINGLE.get(name) or EITHER.get(name)
        if price is None or unit is None:
            continue
        single = not by_million and (name in SINGLE or isinstance(value, str))
        found.setdefault(unit, price * MILLION if single else price)
    request = decimal(pricing.get("request"))
    return found | {"request": request} if request and found else found


def _from_litellm(row: Mapping[str, Any]) -> Found:
    return _scaled(_sub(row, "model_info"), LITELLM, MILLION) or _scaled(row, LITELLM, MILLION)


def _scaled(row: Mapping[str, Any], names: Mapping[str, str], factor: Decimal) -> Found:
    prices = {unit: decimal(row.get(name)) for name, unit in names.items()}
    return {unit: price * factor for unit, price in prices.items() if price is not None}


def _is_variable(pricing: Mapping[str, Any]) -> bool:
    """OpenRouter's routers cost what they choose: -1."""
    return any(str(pricing.get(name, "")).startswith("-") for name in ("prompt", "completion", "input", "output"))


def _has_usd(pricing: Mapping[str, Any]) -> bool:
    return any(isinstance(value, Mapping) and "usd" in value for value in pricing.values())


def _is_free(row: Mapping[str, Any], model_id: str) -> bool:
    return model_id.endswith(":free") or row.get("is_free") is True or row.get("free") is True


def _sub(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = row.get(name)
    return found if isinstance(found, Mapping) else {}
