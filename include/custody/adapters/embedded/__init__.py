"""Servers of the embedded default (design section 6)."""
