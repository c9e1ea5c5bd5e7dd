"""Erasure, access and retention: the only room that reaches into all others."""
