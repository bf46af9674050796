"""What is wrong with a ledger or its copy, in words (R72)."""

from custody.domain.language import Text, at_place
from custody.domain.ledger_check import LedgerFault
from custody.errors import EvidenceError

OTHER_SIZE = Text(
    "{path}：台账头的行数与文件名不符",
    "{path}: the head is of another size than its name",
)
OTHER_BYTES = Text(
    "{path}：读回的内容与所写不符", "{path}: other bytes were read back than written"
)
NO_LINE = Text("{medium} 上没有台账第 {line} 行", "line {line} is not on {medium}")
NOT_OFFSITE = Text("台账未能留存异地：{why}", "the ledger is not off-site: {why}")
LEDGER_FAULTS = {
    LedgerFault.MALFORMED: Text("格式有误", "malformed"),
    LedgerFault.POSITION: Text("行号不连续", "position"),
    LedgerFault.CHAIN: Text("与前一行的摘要不衔接", "chain"),
    LedgerFault.ORIGIN: Text("来源不同", "origin"),
    LedgerFault.TIME: Text("时间倒退", "time"),
    LedgerFault.SIGNATURE: Text("签名无效", "signature"),
    LedgerFault.NOT_PINNED: Text("签名公钥不可信", "not_pinned"),
    LedgerFault.TRUNCATED: Text("末尾被截去", "truncated"),
    LedgerFault.FORKED: Text("与异地留存的台账不同", "forked"),
    LedgerFault.EMPTY: Text("台账为空，尚未接收任何内容", "empty, nothing came in yet"),
}
_AT_LINE = Text("台账第 {position} 行：{fault}", "{fault} at line {position}")
_BEFORE_LINE = Text(
    "台账第 {position} 行之前：{fault}", "{fault} before line {position}"
)


def fault_at(position: int, fault: LedgerFault, medium: str = "") -> EvidenceError:
    """Return what is wrong with a ledger at a line, and on which medium it lies."""
    told = LEDGER_FAULTS[fault]
    if fault is not LedgerFault.EMPTY:
        text = _BEFORE_LINE if fault is LedgerFault.TRUNCATED else _AT_LINE
        told = text.filled(position=position, fault=told)
    return (at_place(medium, told) if medium else told).as_error(EvidenceError)
