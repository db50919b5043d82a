"""Sums of the request log by minute, hour and day: what everything that is drawn reads."""
