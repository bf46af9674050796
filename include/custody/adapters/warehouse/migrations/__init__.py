"""Numbered migrations of the warehouse database."""
