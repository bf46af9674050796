"""Validation reports for people: a page, and a correction list."""
