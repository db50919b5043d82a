"""The five words for how a target is."""

HEALTHY, DEGRADED, DOWN, UNKNOWN, OFF = "healthy", "degraded", "down", "unknown", "off"
