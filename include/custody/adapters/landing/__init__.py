"""Landing zones (port `Landing`): a folder on this machine, or a bucket."""
