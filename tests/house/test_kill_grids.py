"""Every kill point of the package is walked by a grid that kills there (issue 4).

What each grid passes it compares with what the source has (`kill_points`); this page
looks that no prefix is left out, and that each has a grid of real deaths.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.faults.points import ELSEWHERE, kill_points
from tests.house.files import ROOT, python_files

GRIDS = ROOT / "tests" / "faults"


def _compared(tree: ast.AST) -> Iterator[str]:
    """Yield the prefixes of `walked("x.", …) == set(kill_points("x."))` and the like.

    The road of the intake has no prefix: `kill_points()`.
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assert) or not isinstance(node.test, ast.Compare):
            continue
        if not isinstance(node.test.ops[0], ast.Eq):
            continue
        for call in ast.walk(node.test):
            if isinstance(call, ast.Call) and _name(call.func) == "kill_points":
                yield str(call.args[0].value) if call.args else ""  # type: ignore[attr-defined]


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _kills(tree: ast.AST) -> bool:
    """Tell whether a module has a grid marked `faults` that lets something die."""
    return any(
        isinstance(node, ast.FunctionDef)
        and any("mark.faults" in ast.unparse(one) for one in node.decorator_list)
        and "die(" in ast.unparse(node)
        for node in ast.walk(tree)
    )


def walked_prefixes(files: list[Path]) -> set[str]:
    """Return the prefixes whose points a module compares and kills at."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in files]
    return {prefix for tree in trees if _kills(tree) for prefix in _compared(tree)}


def test_every_prefix_of_kill_points_has_a_grid() -> None:
    """Tested = found: the grids of all prefixes together are all points there are."""
    assert walked_prefixes(python_files(GRIDS)) == {"", *ELSEWHERE}
    assert all(kill_points(prefix) for prefix in ELSEWHERE)


def test_twin_a_prefix_that_nobody_walks_is_found() -> None:
    without = [
        path for path in python_files(GRIDS) if path.name != "test_restrict_deaths.py"
    ]

    assert {"", *ELSEWHERE} - walked_prefixes(without) == {"restrict."}
