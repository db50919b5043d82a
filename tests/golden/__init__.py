"""Golden cases: each vendor's answers, written by hand, sent by the fake vendor and read by an app."""
