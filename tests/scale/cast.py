"""Who is in the large log: teams, keys, providers and models, some busy, some rare, and the errors they get."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

TEAMS = [f"team-{number:02d}" for number in range(20)]
RARE_TEAM, NIGHT_TEAM = TEAMS[19], TEAMS[18]  # one request in 20,000; and all of it between 3:00 and 3:10
PROVIDERS = (
    *("openai", "anthropic", "gemini", "mistral", "groq", "bedrock", "azure", "deepseek", "cohere", "together"),
    *("fireworks", "perplexity"),
)
MODELS = [f"{provider}-{size}" for provider in PROVIDERS[:10] for size in ("large", "small", "mini", "nano")]
RARE_MODEL = MODELS[39]
KEYS = [f"app-{number:03d}" for number in range(100)]
ENDPOINTS = (("chat.completions", 0.80), ("messages", 0.14), ("embeddings", 0.05), ("completions", 0.0095))
RARE_ENDPOINT = "rerank"
RARE_WORD = "xyzzy"  # in one error text of 400
ERRORS = (
    (429, "rate_limited", "Rate limit reached for {model} in organization org-{n:x}: try again in {n} ms."),
    (429, "no_capacity", "All {n} tokens of {provider} are resting; the first one comes back in {n} s."),
    (502, "vendor_error", "{provider} answered 500: internal server error (request req_{n:08x})."),
    (503, "vendor_unavailable", "{provider} is overloaded, please retry your request later. Trace {n:016x}."),
    (504, "vendor_timeout", "{provider} sent nothing for {n} ms."),
    (400, "context_length_exceeded", "This model's context is 131072 tokens; your messages have {n} more."),
    (401, "invalid_api_key", "The API key is not known."),
    (402, "budget_exceeded", "The budget 'team-{n}' has nothing left in this period."),
)
STORY = {
    "name": "fast", "how": "route", "route": "fast", "strategy": "auto", "goal": "balanced", "input": 900,
    "weights": {"capability": 0.4, "cost": 0.3, "performance": 0.2, "availability": 0.1},
    "targets": [
        {
            "provider": provider, "model": f"{provider}-small", "reason": "the best score", "score": 0.8,
            "parts": {"capability": 0.9, "cost": 0.7, "performance": 0.8, "availability": 1.0},
            "measured": {"first_ms": 320, "seconds": 1.2, "throughput": 80.5, "failure_rate": 0.01, "calls": 120},
            "price": {"input": 0.5, "output": 1.5},
        }
        for provider in PROVIDERS[:4]
    ],
}  # fmt: skip
PRICES = json.dumps({"input": 500_000_000, "output": 1_500_000_000, "cached_input": 125_000_000})


@dataclass(frozen=True, slots=True)
class Kind:
    """What many rows have in common."""

    team_id: int
    team: str
    key_id: int
    key: str
    provider: str
    model: str
    endpoint: str
    stream: str
    plan: str


def kinds(team_ids: list[int], key_ids: list[int], *, count: int, seed: int) -> list[Kind]:
    """Drawn by weight: the first teams, keys and models are the busiest, a few are next to nothing."""
    chance = random.Random(seed)
    story = json.dumps(STORY)
    found = []
    for _ in range(count):
        key = min(int(chance.expovariate(1 / 22)), 89)
        team = key % 18
        model = min(int(chance.expovariate(1 / 9)), 38)
        endpoint = chance.choices([name for name, _ in ENDPOINTS], [share for _, share in ENDPOINTS])[0]
        found.append(
            Kind(
                team_id=team_ids[team],
                team=TEAMS[team],
                key_id=key_ids[key],
                key=KEYS[key],
                provider=MODELS[model].split("-")[0] if chance.random() < 0.9 else chance.choice(PROVIDERS[10:]),
                model=MODELS[model],
                endpoint=endpoint,
                stream="t" if chance.random() < 0.4 else "f",
                plan=story if chance.random() < 0.3 else "{}",
            )
        )
    return found


def rare_kind(team_ids: list[int], key_ids: list[int], *, night: bool = False) -> Kind:
    at = 18 if night else 19
    return Kind(
        team_id=team_ids[at], team=TEAMS[at], key_id=key_ids[at + 75], key=KEYS[at + 75], provider="together",
        model=MODELS[1] if night else RARE_MODEL, endpoint="chat.completions" if night else RARE_ENDPOINT, stream="f",
        plan="{}",
    )  # fmt: skip
