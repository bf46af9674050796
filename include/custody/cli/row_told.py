"""What `custody row decide` says of what came of it."""

from typing import TYPE_CHECKING

from custody.cli.runs import fail, say
from custody.cli.session import language
from custody.domain.held_rows import Ruling, outcome_of
from custody.domain.language import Text
from custody.domain.outcome import Outcome
from custody.domain.reason_words import UNFIT_REASON

if TYPE_CHECKING:
    from custody.application.intake.decide_row import Decided

OUTCOMES = {
    Outcome.HELD: Text("挂起", "held"),
    Outcome.PENDING: Text("待补充", "pending"),
    Outcome.LOADED: Text("入库", "loaded"),
    Outcome.REFUSED: Text("拒绝", "refused"),
}
_LOADED = Text(
    "已入库：客户 {number} 版本 {version}（{delivery} 第 {row} 行）",
    "loaded: customer {number} version {version} ({delivery} row {row})",
)
_REFUSED = Text("已拒绝：{delivery} 第 {row} 行", "refused: {delivery} row {row}")
_ANSWERED = Text("补充请求已结：{count}", "supplement requests closed: {count}")
_NOT_SHOWN = Text(
    "检索视图在崩溃中丢失：请运行 custody projection rebuild",
    "its searchable view was lost in a crash: run custody projection rebuild",
)
_ALREADY = Text(
    "此前已如此裁定，未作更改：{delivery} 第 {row} 行",
    "decided so before, nothing was changed: {delivery} row {row}",
)
_WHY_NOT = {
    "unknown": Text("没有此句柄的行：{handle}", "no row has this handle: {handle}"),
    "not_held": Text(
        "此行未挂起：{delivery} 第 {row} 行（{outcome}）",
        "the row is not held: {delivery} row {row} ({outcome})",
    ),
    "delivery_held": Text(
        "整个交付挂起：用 custody delivery release|refuse {delivery}",
        "the whole delivery is held: custody delivery release|refuse {delivery}",
    ),
    "no_customer": Text("没有此客户编号", "there is no customer of this number"),
    "not_in_use": Text(
        "此客户仅作存储：请先撤回其终止事件",
        "this customer is kept only: withdraw the event that ended it first",
    ),
    "tokens_lost": Text(
        "此行的索引标记在崩溃中丢失，不能入库："
        "请以更高序号重新交付，再用 --refuse 拒绝此行",
        "the row's index tokens were lost in a crash, so it cannot be loaded: have it"
        " delivered again under a higher sequence, then --refuse this one",
    ),
    "suppressed": Text(
        "该客户已被销毁，此数据采集于销毁日或之前：只能拒绝（--refuse）",
        "the customer was destroyed, and this was collected on that day or before: it"
        " can only be refused (--refuse)",
    ),
    "source_not_approved": Text(
        "来源未获批准，此行只能拒绝：{delivery}",
        "the source is not approved, the row can only be refused: {delivery}",
    ),
    "enriches_only": Text(
        "此来源只能补充已有客户：请用 --customer 指明，或拒绝（{delivery}）",
        "this source only adds to known customers: name one by --customer, or refuse"
        " the row ({delivery})",
    ),
    "unfit_reason": UNFIT_REASON,
}


def tell(decided: "Decided", handle: str, ruling: Ruling) -> None:
    """Say what came of it; exit 1 unless it is, or was, done."""
    row, placed = decided.standing, decided.placed
    places: dict[str, object] = {"handle": handle}
    if row is not None:
        known = OUTCOMES.get(row.outcome) if row.outcome else None
        outcome = row.outcome or row.delivery_state.value
        places |= {
            "delivery": row.delivery_id,
            "row": row.row,
            "outcome": outcome if known is None else known.of(language()),
        }
    why_not = _WHY_NOT.get(decided.answer.value)
    if why_not is not None:
        raise fail(why_not, **places)
    if decided.answer.value == "already":
        say(_ALREADY, **places)
        return
    refused = outcome_of(ruling) is Outcome.REFUSED
    places |= {"number": placed.number, "version": placed.version}
    say(_REFUSED if refused else _LOADED, **places)
    if placed.answered:
        say(_ANSWERED, count=placed.answered)
    if not placed.shown:
        say(_NOT_SHOWN)
