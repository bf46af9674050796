"""The files of this repository, as the house tests read them."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "include" / "custody"
DOORS = (ROOT / "dags", ROOT / "plugins")


def python_files(*folders: Path) -> list[Path]:
    """Return every Python file under the folders, sorted."""
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def tracked_texts() -> Iterator[tuple[Path, str]]:
    """Yield path and text of every file that git tracks and that is text."""
    command = ["git", "ls-files", "-z"]
    listing = subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    for name in filter(None, listing.split("\0")):
        path = ROOT / name
        try:
            yield path, path.read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of every module imported anywhere in the tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_within(module: str, package: str) -> bool:
    """Tell whether the module is the package or lies inside it."""
    return module == package or module.startswith(f"{package}.")


def place(path: Path) -> str:
    """Return the path as it is written in documents: from the root, with slashes."""
    return path.relative_to(ROOT).as_posix()
