"""Which addressee is owed which edition, and what became of it."""
