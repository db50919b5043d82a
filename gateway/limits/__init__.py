"""Limits: requests and usage a minute, and calls at once; exact in one process, shared by all through Redis."""
