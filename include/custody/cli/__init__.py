"""The command line: `custody …`."""
