"""Small files, small functions, and names that say what a thing is."""

import ast
import re
import statistics
from pathlib import Path

from tests.house.files import DOORS, PACKAGE, place, python_files

LONGEST_MODULE = 250
MEDIAN_MODULE = 150
LONGEST_FUNCTION = 40
MEDIAN_FUNCTION = 15

# Design section 7: words that name no thing.
DRAWERS = {
    *("manager", "managers", "helper", "helpers", "util", "utils", "processor"),
    *("processors", "handler", "handlers", "data", "info", "common", "misc"),
}
# Words of the glossary that contain one of them.
GLOSSARY = ("data_key", "data_object")

CODE = python_files(PACKAGE, *DOORS)


def _length(path: Path) -> int:
    """Return the number of lines of a file."""
    return len(path.read_text(encoding="utf-8").splitlines())


def _functions() -> dict[str, int]:
    """Return place -> lines for every function and method."""
    return {
        f"{place(path)}:{node.lineno} {node.name}": (node.end_lineno or 0)
        - node.lineno
        + 1
        for path in CODE
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_a_module_is_one_idea() -> None:
    """At most 250 lines, and most are far shorter."""
    lengths = {place(path): _length(path) for path in CODE}

    assert not {name: n for name, n in lengths.items() if n > LONGEST_MODULE}
    assert statistics.median(lengths.values()) <= MEDIAN_MODULE


def test_a_function_is_one_step() -> None:
    """At most 40 lines with its docstring, and most are far shorter."""
    lengths = _functions()

    assert not {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION}
    assert statistics.median(lengths.values()) <= MEDIAN_FUNCTION


def _drawer_words(stem: str) -> set[str]:
    """Return the words of a module's name that name no thing."""
    for word in GLOSSARY:
        stem = re.sub(rf"{word}s?", "", stem)
    return DRAWERS & set(stem.split("_"))


def test_no_module_is_a_drawer() -> None:
    """A function without a home finds the noun that it serves."""
    names = {place(path): _drawer_words(path.stem) for path in CODE}
    folders = {place(path): _drawer_words(path.parent.name) for path in CODE}

    assert not {name: words for name, words in names.items() if words}
    assert not {name: words for name, words in folders.items() if words}


def test_a_drawer_is_seen() -> None:
    """The twin: the rule catches drawers and lets the glossary pass."""
    assert _drawer_words("key_helpers") == {"helpers"}
    assert _drawer_words("data") == {"data"}
    assert not _drawer_words("data_objects")
