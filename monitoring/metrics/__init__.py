"""Metrics and traces: what Prometheus scrapes at /metrics, and what OpenTelemetry is sent.

Each process serves its own counters; what is true of the whole cluster is served by one of them.
"""
