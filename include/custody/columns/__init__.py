"""A batch of records as a Polars frame: the fast twin of the domain rules."""
