"""The folders that come with the package: policy, expectations, dags, plugins.

A wheel carries copies of them inside the package (pyproject.toml); in the source
tree there are none, and the folders themselves are taken.
"""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_COPIES = _PACKAGE / "_shipped"
_TREE = {
    "policy": _PACKAGE.parent / "policy",
    "expectations": _PACKAGE.parents[1] / "expectations",
    "dags": _PACKAGE.parents[1] / "dags",
    "plugins": _PACKAGE.parents[1] / "plugins",
}


def shipped(name: str, *, copies: Path = _COPIES) -> Path:
    """Return one of the four folders, by the name it has in the source tree."""
    return copies / name if copies.is_dir() else _TREE[name]
