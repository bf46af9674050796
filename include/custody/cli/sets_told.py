"""How sets of a backup are told: a row of a table for people, a document for both."""

from typing import TYPE_CHECKING

from custody.cli.runs import fail, say
from custody.domain.language import Language, Text, at_place

if TYPE_CHECKING:
    from custody.application.drafted_set import WrittenSet
    from custody.application.full_sets import ListedSet

HEADS = {
    "medium": Text("介质", "medium"),
    "set": Text("备份集", "set"),
    "made_at": Text("写成时间", "made at"),
    "values": Text("加密值", "values"),
    "missing": Text("未齐备的接收日", "incomplete days"),
    "believed": Text("清单可信", "manifest believed"),
    "ledger": Text("台账位置与摘要", "ledger"),
    "plan": Text("所属销毁计划", "plan"),
    "root": Text("根摘要", "root"),
    "epochs": Text("所需纪元", "epochs"),
    "tables": Text("各表行数", "rows of tables"),
}
"""Of what is told of one set."""
_MANIFEST = Text("清单", "manifest")
_BELIEVED = Text("可信", "believed")
_UNBELIEVED = Text("不可信", "NOT BELIEVED")
_WRITTEN = Text(
    "{medium}：备份集 {name} 已写入并读回，{values} 个加密值，{rows} 行",
    "{medium}: the set {name} was written and read back, {values} sealed values,"
    " {rows} rows",
)
_PROVEN = Text(
    "与台账核对：{proven} 次加载一致，{changed} 批此后已变更",
    "reconciled with the ledger: {proven} loads proven, {changed} deliveries changed"
    " since",
)
_MISSING = Text("未齐备的接收日：{day}", "an intake day that is not complete: {day}")
_FAILED = Text("备份失败：{why}", "the backup failed: {why}")


def head_of_sets(tongue: Language) -> str:
    """Return the table's first line."""
    named = (HEADS[one] for one in ("medium", "set", "made_at", "values", "missing"))
    return "\t".join(one.of(tongue) for one in (*named, _MANIFEST))


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


def tell_written(written: "WrittenSet") -> None:
    """Tell where a set was written, what it proved, and what failed."""
    for one in written.seen:
        say(
            _WRITTEN,
            medium=one.medium,
            name=written.name,
            values=one.values,
            rows=written.rows,
        )
    told = written.reconciled
    say(_PROVEN, proven=told.proven, changed=len(told.changed))
    for day in written.missing:
        say(_MISSING, day=day)
    for medium, why in written.faults.items():
        fail(_FAILED, why=at_place(medium, why))
