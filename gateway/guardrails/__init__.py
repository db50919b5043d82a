"""Guardrails: checks of what is asked and answered. detect/ finds, classifiers/ judge, screen.py decides."""
