"""What must not stand in any file of the history."""

import re

import pytest

from tests.house.files import place, tracked_texts

# Spelled in pieces, so that this file does not contain what it looks for.
FORBIDDEN = {
    "a path of one machine": r"(?<![\w.])/(?:wor" + r"k|home|Users|root)/\w",
    "a package registry": r"pypi\." + r"org|pythonhosted\." + r"org|/sim" + r"ple\b",
    "a mirror of one": r"\bmirrors?\.[a-z]+\.[a-z]+|artifact" + r"ory",
    "work left undone": r"\b(?:TO" + r"DO|FIX" + r"ME|X" + r"XX)\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE" + r" KEY-----",
    "a cloud credential": r"\bAKIA" + r"[0-9A-Z]{16}\b",
}


@pytest.mark.parametrize("what", sorted(FORBIDDEN))
def test_no_tracked_file_holds(what: str) -> None:
    """Neither code nor document nor lock file names what only one machine has."""
    pattern = re.compile(FORBIDDEN[what])

    found = [
        f"{place(path)}:{text.count(chr(10), 0, match.start()) + 1}"
        for path, text in tracked_texts()
        for match in pattern.finditer(text)
    ]

    assert not found


def test_the_patterns_find_what_they_name() -> None:
    """The twin: each pattern matches a planted example."""
    planted = {
        "a path of one machine": "see /wor" + "k/main/x",
        "a package registry": "https://pypi." + "org/x",
        "a mirror of one": "https://mir" + "ror.example.test/x",
        "work left undone": "# TO" + "DO later",
        "a private key": "-----BEGIN PRIVATE" + " KEY-----",
        "a cloud credential": "AKIA" + "ABCDEFGHIJKLMNOP",
    }

    assert planted.keys() == FORBIDDEN.keys()
    assert all(re.search(FORBIDDEN[what], text) for what, text in planted.items())
