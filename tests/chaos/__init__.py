"""Whatever vendors and apps do, every call ends well or with one clear error, and nothing is left behind."""
