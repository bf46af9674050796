"""Bytes in, bytes out: `cryptography` and nothing else; knows no record."""
