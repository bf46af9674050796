"""Restore: an installation made again from one off-site medium (R65-R68)."""
