"""Vertex AI's answers for Gemini: Google AI Studio's, at a project's address and with an access token."""

from __future__ import annotations

from dataclasses import replace

from tests.golden.case import Embeddings, Golden, Sent
from tests.golden.vendors.google import CHAT, SLOW, error

MODEL = "/publishers/google/models/gemini-3.8-flash"


def predicted(*values: float) -> Sent:
    statistics = {"token_count": 2, "truncated": False}
    return Sent(body={"predictions": [{"embeddings": {"values": list(values), "statistics": statistics}}]})


GOLDEN = Golden(
    model="gemini-3.8-flash",
    path=f"{MODEL}:generateContent",
    token="ya29.golden-token",
    settings={"project": "golden-project", "location": "us-central1"},
    sent_headers={"authorization": "Bearer ya29.golden-token"},
    chat=replace(CHAT, stream_path=f"{MODEL}:streamGenerateContent?alt=sse"),
    embeddings=Embeddings(
        model="gemini-embedding-001",
        path="/publishers/google/models/gemini-embedding-001:predict",
        whole=(predicted(0.5, -0.25), predicted(0.125, 1.0)),
    ),
    unauthorized=error(
        401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token."
    ),
    unauthorized_words="invalid authentication credentials",
    rate_limited=Sent(status=429, body=[SLOW.body]),
)
