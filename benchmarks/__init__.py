"""Side-by-side measurements, never timed tests: `make bench`."""
