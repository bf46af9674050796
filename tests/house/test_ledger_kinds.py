"""Every kind of ledger entry that code writes is named in docs/formats.md."""

import ast

from custody.domain.delivery import DeliveryState
from tests.house.files import PACKAGE, ROOT, python_files


def _kinds() -> set[str]:
    """Return the kinds that stand in code as `Entry(kind="…")`."""
    calls = (
        node
        for path in python_files(PACKAGE)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Entry"
    )
    values = (
        keyword.value
        for call in calls
        for keyword in call.keywords
        if keyword.arg == "kind"
    )
    return {str(value.value) for value in values if isinstance(value, ast.Constant)} | {
        DeliveryState.CHECKED.value,
        DeliveryState.HELD.value,
    }


def test_every_kind_of_entry_is_written_down() -> None:
    text = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")

    kinds = _kinds()

    assert {"loaded", "row_decided", "exported"} <= kinds
    assert not {kind for kind in kinds if f"`{kind}`" not in text}
