"""Tests that hold the house to its plan: arrows, sizes, names, documents."""
