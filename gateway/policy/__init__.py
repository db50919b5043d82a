"""What a call must pass: one file per rule. Access is asked while planning, gates before the first attempt."""
