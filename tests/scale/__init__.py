"""A request log of millions of rows: how long its pages take and how fast it is written. Measured, not asserted."""
