"""Numbered migrations of the keyring database."""
