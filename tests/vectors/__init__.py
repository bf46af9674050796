"""Known answers, and a reader of them that shares no code with the package."""
