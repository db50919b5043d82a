"""Detectors: a text goes in, what of it is personal or secret comes out. No I/O, nothing of the gateway."""

from gateway.guardrails.detect.detector import detect, longest, open_tail
from gateway.guardrails.detect.entities import BUILT_IN, LABELS, WITH_PRESIDIO, Entity, Finding
from gateway.guardrails.detect.patterns import DetectorTimeout, OwnPattern, PatternError

__all__ = [
    "BUILT_IN", "LABELS", "WITH_PRESIDIO", "DetectorTimeout", "Entity", "Finding", "OwnPattern", "PatternError",
    "detect", "longest", "open_tail",
]  # fmt: skip
