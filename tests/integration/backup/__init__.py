"""Backups on real databases and media."""
