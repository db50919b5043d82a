"""Speaks: canonical types, vendors, wires, token pool, HTTP. Imports neither gateway nor monitoring."""
