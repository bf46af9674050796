"""The keyring database: epochs and wrapped data keys, and nothing of a customer."""
