"""How sets of a backup are told: a row of a table for people, a document for both."""

from typing import TYPE_CHECKING

from custody.domain.language import Language, Text

if TYPE_CHECKING:
    from custody.application.full_sets import ListedSet

_HEADS = (
    Text("介质", "medium"),
    Text("备份集", "set"),
    Text("写成时间", "made at"),
    Text("加密值", "values"),
    Text("未齐备的接收日", "incomplete days"),
    Text("清单", "manifest"),
)
_BELIEVED = Text("可信", "believed")
_UNBELIEVED = Text("不可信", "NOT BELIEVED")


def head_of_sets(tongue: Language) -> str:
    """Return the table's first line."""
    return "\t".join(one.of(tongue) for one in _HEADS)


def row_of_set(one: "ListedSet", tongue: Language) -> str:
    """Return a set's line; of one that is not believed nothing is told but its name."""
    full = one.full
    if full is None:
        cells = ["-", "-", "-", _UNBELIEVED.of(tongue)]
    else:
        made = "-" if full.made_at is None else full.made_at.isoformat()
        counts = [str(full.values), str(len(full.missing))]
        cells = [made, *counts, _BELIEVED.of(tongue)]
    return "\t".join([one.medium, one.name, *cells])


def told_of_set(one: "ListedSet") -> dict[str, object]:
    """Return what a list in JSON tells."""
    full = one.full
    made = None if full is None else full.made_at
    return {
        "medium": one.medium,
        "set": one.name,
        "made_at": "" if made is None else made.isoformat(),
        "values": "" if full is None else full.values,
        "missing": [] if full is None else list(full.missing),
        "believed": full is not None,
    }


def whole_of_set(one: "ListedSet") -> dict[str, object]:
    """Return everything that a manifest says."""
    full = one.full
    if full is None:
        return told_of_set(one)
    return told_of_set(one) | {
        "ledger": full.ledger,
        "plan": full.plan,
        "root": full.root.hex(),
        "epochs": list(full.epochs),
        "tables": {table.name: table.rows for table in full.tables},
    }
