"""Work that has no row of its own, owed in the transaction that made it necessary."""
