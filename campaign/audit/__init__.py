"""Append-only record of who did what; numbered and chained by the worker; holds ids, never personal data."""
