"""Recorded vendor traffic, replayed: what the app receives, held against readers written for this alone.

The records are not part of the project: ``RECORDED_DIR`` names their folder (default: ``../shared/recorded`` beside
the checkout). ``python -m tests.recorded`` replays them all and says how many pass and what is wrong with the rest.
"""
