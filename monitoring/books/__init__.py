"""The truth of the books: rating again, reconciliation with a vendor's export, the nightly check."""
