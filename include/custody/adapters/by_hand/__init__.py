"""The page that lies in clear on every medium: how to restore without Custody."""

from pathlib import Path

_PAGE = Path(__file__).with_name("README.md")


def readme() -> bytes:
    """Return the page, in Chinese and English."""
    return _PAGE.read_bytes()
