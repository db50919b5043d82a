"""Alerts: rules that watch figures and events, and channels that tell people, once per cluster."""
