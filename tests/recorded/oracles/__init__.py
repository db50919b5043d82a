"""What recorded answers say, one file a protocol, read in the simplest way: the whole body at once.

They are written from the vendors' documentation and share no code with ``providers``: a reader that were tested
against itself would always be right.
"""
