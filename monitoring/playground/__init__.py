"""A page to try models on: up to four side by side, over the same API that apps call."""
