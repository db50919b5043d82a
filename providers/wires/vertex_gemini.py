"""Google's models on Vertex AI: the Gemini wire, with Vertex AI's addresses."""

from __future__ import annotations

from providers.canonical import Target
from providers.templates import segments
from providers.wires.base import Wire
from providers.wires.gemini import GeminiWire

WHOLE = ("publishers/", "endpoints/", "projects/")


def address(target: Target) -> str:
    """Below ``…/projects/{project}/locations/{location}``: a publisher's model, or an endpoint of one's own (a tuned
    model). A whole resource name is cut to what comes after the location, which the base URL has."""
    model = target.model.removeprefix("models/").removeprefix("google/")
    if model.startswith("projects/"):
        model = "/".join(model.split("/")[4:]) or model
    if not model.startswith(WHOLE):
        model = f"publishers/google/models/{model}"
    return "/" + segments(model)


WIRE: Wire = GeminiWire("vertex_gemini", address)
