"""What a restore tells at its end."""

from typing import TYPE_CHECKING

from custody.cli.runs import say
from custody.domain.language import Text
from custody.domain.unanswered import WordKind

if TYPE_CHECKING:
    from custody.application.restore.restored import Restored

_DONE = Text(
    "已恢复：客户 {customers}，版本 {versions}，密文 {values}，待处理密文 {waiting}，"
    "批次 {deliveries}；视图 {shown}",
    "restored: {customers} customers, {versions} versions, {values} sealed values,"
    " {waiting} waiting, {deliveries} deliveries; {shown} records shown",
)
_GONE = Text(
    "保持销毁状态的客户：{tombstones}（未带回的密文 {withheld}）",
    "customers who stay destroyed: {tombstones} ({withheld} values were left out)",
)
_HEAD = Text("台账自第 {size} 行继续", "the ledger goes on from line {size}")
_OPENS = Text(
    "{epoch} 已结束，但此前的副本凭其托管仍可打开：锁定剩余 {days} 天",
    "{epoch} has ended; copies from before still open by its escrow, which is locked"
    " for {days} days more",
)
_LOST = Text(
    "已入库但未到异地的批次，请重新交付：{delivery}",
    "loaded, and never off-site: have it delivered again: {delivery}",
)
_ANSWER = Text(
    "如何答复：custody retention unanswered",
    "how they are answered: custody retention unanswered",
)
_UNKNOWN = {
    "hold": Text(
        "法定保留 {id} 不在备份集中，台账不载明客户："
        "重新设置或解除之前不会销毁任何客户",
        "legal hold {id} is in no table of the set, and the ledger names no customer:"
        " nobody is destroyed before it is set again, or lifted",
    ),
    "event": Text(
        "事件 {id} 不在备份集中，台账不载明客户：请重新登记",
        "event {id} is in no table of the set, and the ledger names no customer:"
        " record it again",
    ),
    "certificate": Text(
        "销毁记录 {id} 未能恢复：请用已移交的文件",
        "certificate {id} was not brought back: use the file that was handed over",
    ),
}


def tell_restored(restored: "Restored") -> None:
    """Say what came of it, and what people have to do."""
    counts = restored.counts
    say(
        _DONE,
        customers=counts.customers,
        versions=counts.versions,
        values=counts.values,
        waiting=counts.waiting,
        deliveries=counts.deliveries,
        shown=restored.shown,
    )
    if restored.tombstones:
        say(_GONE, tombstones=restored.tombstones, withheld=restored.withheld)
    say(_HEAD, size=restored.head.size)
    for epoch, days in restored.still_open:
        say(_OPENS, epoch=epoch, days=days)
    for delivery in restored.lost:
        say(_LOST, delivery=delivery)
    for one in restored.unknown:
        kind, _, name = one.partition(" ")
        say(_UNKNOWN[kind], id=name)
    if any(one.partition(" ")[0] in set(WordKind) for one in restored.unknown):
        say(_ANSWER)
