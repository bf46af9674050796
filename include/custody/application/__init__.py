"""Use cases, one file a stage; stages never call one another."""
