"""Hard budgets by reservation, soft and shadow ones beside them.

A call holds its worst case before each attempt, in memory, out of a slice that its process leased from the database;
afterwards the hold is settled to the truth. What was spent is booked from the journal, in one transaction with the
lease it came from. Read ``book`` first, then ``leases``, then ``consumer``.
"""
