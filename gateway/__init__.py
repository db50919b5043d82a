"""Decides: who calls, may they, where to, try, settle, book. Imports providers only."""
