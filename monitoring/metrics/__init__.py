"""Figures for Prometheus, traces and metrics for OpenTelemetry."""
