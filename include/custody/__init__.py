"""Custody: the governed, encrypted, provable register of a company's customers."""
