"""The proof of what Custody promises."""
