"""Readers: one landed file as blocks of text cells (port `Reader`).

They decide how a format is read, strictly; what the cells mean is decided later.
Nothing is inferred: `007`, `NA` and an 18-digit number stay as they were written.
A fault names its row and column, never the value (R64, design section 4).
"""
