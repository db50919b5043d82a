"""Watches: log rows, live feed, health. Subscribes to the gateway; nobody imports it."""
