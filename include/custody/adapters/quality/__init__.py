"""Great Expectations, run on facts: the one place that imports it."""
