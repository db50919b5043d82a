"""Stories of plans, as the log keeps them and explain answers them."""

from __future__ import annotations

from typing import Any

STORY: dict[str, Any] = {
    "name": "smart",
    "how": "route",
    "route": "smart-2",
    "via": ["smart", "smart-2"],
    "strategy": "auto",
    "goal": "code",
    "goal_from": "request",
    "weights": {"capability": 0.4, "cost": 0.3, "performance": 0.2, "availability": 0.1},
    "needs": ["vision", "tools"],
    "input": 1240,
    "session": "9f2c00112233",
    "session_from": "header",
    "sticky": True,
    "targets": [
        {
            "provider": "openai",
            "model": "gpt-4o",
            "reason": "score 0.83, the best of 14",
            "score": 0.83,
            "parts": {"capability": 0.9, "cost": 0.7, "performance": 0.8, "availability": 1.0},
            "weight": 2,
            "measured": {
                "first_ms": 420,
                "seconds": 3.1,
                "throughput": 61.5,
                "failure_rate": 0.02,
                "in_flight": 3,
                "calls": 40.2,
            },
            "price": {"input": 2.5, "output": 10.0},
        },
        {
            "provider": "anthropic",
            "model": "claude-sonnet",
            "reason": "score 0.80",
            "score": 0.8,
            "parts": {"capability": 1.0, "cost": 0.5, "performance": 0.8, "availability": 0.9},
        },
    ],
    "dropped": [{"provider": "groq", "model": "llama-3", "code": "vision", "reason": "does not take images"}],
    "more_dropped": 3,
    "last_resort": "ollama:llama3.2",
    "context_fallback": "big",
    "rules": {"max_attempts": 12, "retries": 1, "deadline": 1800.0, "slow_start": 2.0, "hedge": True},
}
