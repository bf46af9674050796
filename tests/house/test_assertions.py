"""A test that claims nothing proves nothing: each one asserts, or awaits a refusal."""

import ast
from collections.abc import Iterator

import pytest

from tests.house.files import ROOT, place, python_files

CLAIMS = frozenset({"raises", "warns", "fail"})
Functions = dict[str, ast.FunctionDef | ast.AsyncFunctionDef]


def _functions(tree: ast.AST) -> Functions:
    """Return every function of a module by its name, methods too."""
    return {
        node.name: node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _called(node: ast.AST) -> str:
    """Return the last name of what a call calls."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _claims(name: str, functions: Functions, seen: frozenset[str]) -> bool:
    """Whether a function asserts, itself or by another one of its module."""
    for node in ast.walk(functions[name]):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            called = _called(node.func)
            if called in CLAIMS:
                return True
            within = called in functions and called not in seen
            if within and _claims(called, functions, seen | {called}):
                return True
    return False


def silent(source: str) -> Iterator[str]:
    """Yield the names of the tests of a module that claim nothing."""
    functions = _functions(ast.parse(source))
    for name in functions:
        if name.startswith("test_") and not _claims(name, functions, frozenset({name})):
            yield name


def test_every_test_claims_something() -> None:
    tests = [
        path for path in python_files(ROOT / "tests") if path.name.startswith("test_")
    ]

    found = [
        f"{place(path)}: {name}"
        for path in tests
        for name in silent(path.read_text(encoding="utf-8"))
    ]

    assert not found
    assert len(tests) > 100


@pytest.mark.parametrize(
    ("body", "is_silent"),
    [
        ("    call()", True),
        ("    'assert nothing'", True),
        ("    assert call()", False),
        ("    with pytest.raises(ValueError): call()", False),
        ("    _checked()", False),
        ("    _unchecked()", True),
    ],
)
def test_twin_a_test_that_claims_nothing_is_found(body: str, is_silent: bool) -> None:  # noqa: FBT001 - a case's answer
    source = (
        f"def test_it():\n{body}\n"
        "def _checked():\n    assert True\n"
        "def _unchecked():\n    _unchecked()\n"
    )

    assert list(silent(source)) == (["test_it"] if is_silent else [])
