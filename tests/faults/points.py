"""Every kill point, found in the source: `reached("name")`, by who walks it."""

import ast
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "include" / "custody"
_EAR = {"reached", "_reached"}


ELSEWHERE = (
    *("rekey.", "reindex.", "restrict.", "destroy.", "closing.", "restore."),
    *("backup.", "drill."),
)
"""Points that begin so lie on no road of the intake; each has a walk of its own."""


def kill_points(prefix: str | None = None) -> dict[str, str]:
    """Return name -> where it is reached: of the intake, or of one in ELSEWHERE."""
    if prefix is not None:
        assert prefix in ELSEWHERE, f"{prefix}: nobody walks points that begin so"
        return {
            name: place
            for name, place in _all_points().items()
            if name.startswith(prefix)
        }
    return {
        name: place
        for name, place in _all_points().items()
        if not name.startswith(ELSEWHERE)
    }


def walked(prefix: str, heard: Iterable[str]) -> set[str]:
    """Return the points of a prefix that a road has passed, to be compared with all."""
    return {point for point in heard if point.startswith(prefix)}


@functools.cache
def _all_points() -> dict[str, str]:
    """Return every call of the port.

    AssertionError when a name is no constant, or stands in two places: a test could
    not tell which one it killed.
    """
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        place = str(path.relative_to(PACKAGE))
        for name in _names(ast.parse(path.read_text(encoding="utf-8")), place):
            assert name not in found, f"{name}: in {found[name]} and in {place}"
            found[name] = place
    return found


def _names(tree: ast.AST, place: str) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _called(node.func) not in _EAR:
            continue
        (name,) = node.args
        assert isinstance(name, ast.Constant), f"{place}: a kill point has no name"
        yield str(name.value)


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
