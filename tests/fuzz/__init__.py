"""Fuzzing of what a stranger's bytes reach first: manifest, envelopes, readers."""
