"""Explaining routing to people and programs: what would happen to a request, typed or out of the log. Sends nothing."""
