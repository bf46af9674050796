"""The compiled form of each expectation type, a family to a module."""
