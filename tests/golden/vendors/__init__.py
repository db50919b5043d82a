"""One file a vendor, found by its name."""
