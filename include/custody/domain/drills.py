"""Restore drills 恢复演练: when the last ones passed, and when that is too long ago.

A structural drill needs no secret: everything on a medium is read and compared.  In
an attended one two holders enter their cards and a whole restore opens everything.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.language import Text
from custody.domain.ledger import read_line

DRILLED = "drilled"
_MARK = b'"kind":"drilled"'


class DrillKind(StrEnum):
    """Which drill; the code is stable."""

    STRUCTURAL = "structural"
    ATTENDED = "attended"


LONGEST: Mapping[DrillKind, dt.timedelta] = {
    DrillKind.STRUCTURAL: dt.timedelta(days=35),
    DrillKind.ATTENDED: dt.timedelta(days=100),
}
"""How long one may be ago before it is an alarm: a month, a quarter, and a little."""

DRILL_NAMES = {
    DrillKind.STRUCTURAL: Text("结构演练", "structural drill"),
    DrillKind.ATTENDED: Text("值守演练", "attended drill"),
}


class DrillFault(StrEnum):
    """What a medium can fail in; the code is stable and printed."""

    LEDGER = "ledger"  # does not hold, or has no signed head
    PAGE = "page"  # nothing tells how to restore by hand
    ESCROWS = "escrows"  # a living epoch has none
    SET = "set"  # the newest full set does not read back
    OBJECTS = "objects"  # a delivery after it does not
    CARDS = "cards"  # that set opens by former cards alone: write one
    SERVER = "server"  # no throwaway database could be had
    DRILL_KEY = "drill_key"  # the drill's key is missing, or not this medium's
    RESTORE = "restore"  # what was restored there has other rows or roots
    KEYS = "keys"  # a value has no key record, or its epoch no escrow there
    PRODUCTION = "production"  # its credentials are let in where backups are
    BACKUP = "backup"  # the backup's are let in to production
    OTHER = "other"  # what opens another medium opens this one
    CONTROLS = "controls"  # a control customer who lives does not open
    REMAINS = "remains"  # one who was destroyed opens, or may still, for too long


DRILL_FAULTS = {
    DrillFault.LEDGER: Text(
        "台账不成立，或没有签名的台账头", "it does not hold, or has no signed head"
    ),
    DrillFault.PAGE: Text("没有手工恢复说明", "nothing tells how to restore by hand"),
    DrillFault.ESCROWS: Text("有效纪元缺密钥托管", "a living epoch has none"),
    DrillFault.SET: Text("最新备份集读回不符", "the newest does not read back"),
    DrillFault.OBJECTS: Text(
        "备份集之后的批次对象读回不符", "a delivery after the set does not read back"
    ),
    DrillFault.CARDS: Text(
        "最新备份集只能用旧卡打开", "the newest set opens by former cards alone"
    ),
    DrillFault.SERVER: Text(
        "无法启动一次性数据库", "no throwaway database could be had"
    ),
    DrillFault.DRILL_KEY: Text(
        "演练密钥缺失，或不属于此介质", "it is missing, or not this medium's"
    ),
    DrillFault.RESTORE: Text(
        "恢复出的行或根与签名不符", "what came back has other rows or roots"
    ),
    DrillFault.KEYS: Text(
        "有值缺密钥记录，或其纪元缺托管",
        "a value has no key record, or its epoch no escrow",
    ),
    DrillFault.PRODUCTION: Text(
        "生产凭据可进入备份所在处，或无法试验",
        "its credentials are let in where backups are, or could not be tried",
    ),
    DrillFault.BACKUP: Text(
        "备份凭据可进入生产，或无法试验",
        "its credentials are let in to production, or could not be tried",
    ),
    DrillFault.OTHER: Text(
        "打开别的介质的密钥或凭据也能打开此介质，或无法试验",
        "what opens another medium opens this one, or could not be tried",
    ),
    DrillFault.CONTROLS: Text(
        "在世的对照客户打不开", "a control customer who lives does not open"
    ),
    DrillFault.REMAINS: Text(
        "已销毁的对照客户仍可打开，或仍可打开过久",
        "one who was destroyed opens, or may for too long",
    ),
}
"""What each means; the runbook lists the codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillAge:
    """The last drill of a kind that passed, None when there was none yet."""

    kind: DrillKind
    last: dt.datetime | None
    overdue: bool

    def days(self, now: dt.datetime) -> int | None:
        """Return how many days ago it was."""
        return None if self.last is None else (now - self.last).days


def drill_ages(lines: Iterable[bytes], now: dt.datetime) -> tuple[DrillAge, ...]:
    """Return the age of each kind by the ledger.

    Before the first one it counts from the ledger's first line.
    """
    last: dict[DrillKind, dt.datetime] = {}
    begun: dt.datetime | None = None
    for line in lines:
        if begun is None:
            begun = read_line(line).time
        if _MARK in line:
            told = read_line(line)
            if told.kind == DRILLED and told.body.get("passed") is True:
                last[DrillKind(str(told.body["drill"]))] = told.time
    return tuple(
        DrillAge(
            kind=kind,
            last=last.get(kind),
            overdue=now - last.get(kind, begun or now) > LONGEST[kind],
        )
        for kind in DrillKind
    )
