"""A message in the shape of each kind of channel: plain functions from a story to what is sent."""
