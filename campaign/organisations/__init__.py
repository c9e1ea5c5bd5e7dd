"""Organisations: who they are, under which names, whichever letters they sign."""
