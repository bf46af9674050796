"""A held row waits for a steward, who has three words for it (design section 2).

It becomes a version of a customer, or a new customer, or it is refused; and it
keeps one outcome throughout, so that no row is lost.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.language import Text
from custody.domain.outcome import Outcome, Tally
from custody.domain.suppression import WHY_SUPPRESSED

DECIDED_BY_STEWARD = "decided_by_steward"
REFUSED_BY_STEWARD = "refused_by_steward"
UNKNOWN_FIELD = "unknown_field"
NO_LONGER_READS = "no_longer_reads"
OVERTAKEN = "overtaken"


@dataclass(frozen=True, slots=True)
class ToCustomer:
    """The row is a new version of the customer of this number."""

    number: str


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """The row founds a customer with a number of their own (R28)."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The row does not enter the register."""


Ruling = ToCustomer | NewCustomer | Refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class RowStanding:
    """How one row stands; number and version only when it is in the register.

    `outcome` is None while its delivery as a whole waits.
    """

    delivery_id: DeliveryId
    row: int
    handle: bytes
    delivery_state: DeliveryState
    outcome: Outcome | None
    reasons: tuple[str, ...]
    number: str | None = None
    version: int | None = None


class Readiness(StrEnum):
    """Whether a ruling may take effect on a row; the code is stable."""

    OPEN = "open"
    ALREADY = "already"  # a steward has decided just so
    DELIVERY_HELD = "delivery_held"  # the whole delivery waits: decide on that
    NOT_HELD = "not_held"


def readiness(standing: RowStanding, ruling: Ruling) -> Readiness:
    """Return whether the ruling is to be made, was made, or may not be made."""
    if standing.delivery_state is DeliveryState.HELD:
        return Readiness.DELIVERY_HELD
    if standing.delivery_state is not DeliveryState.LOADED:
        return Readiness.NOT_HELD
    if standing.outcome is Outcome.HELD:
        return Readiness.OPEN
    return Readiness.ALREADY if _is_so(standing, ruling) else Readiness.NOT_HELD


def outcome_of(ruling: Ruling) -> Outcome:
    """Return what becomes of the row."""
    return Outcome.REFUSED if isinstance(ruling, Refuse) else Outcome.LOADED


def mark_of(ruling: Ruling) -> str:
    """Return the reason code that is added to those for which the row was held."""
    return REFUSED_BY_STEWARD if isinstance(ruling, Refuse) else DECIDED_BY_STEWARD


def tally_after(tally: Tally, ruling: Ruling) -> Tally:
    """Return the counts of a delivery once one of its held rows is decided.

    ValueError when it holds none.
    """
    name = outcome_of(ruling).value
    return replace(tally, held=tally.held - 1, **{name: int(getattr(tally, name)) + 1})


def _is_so(standing: RowStanding, ruling: Ruling) -> bool:
    if mark_of(ruling) not in standing.reasons:
        return False
    if isinstance(ruling, ToCustomer):
        return standing.number == ruling.number
    return isinstance(ruling, Refuse) or standing.version == 1


WHY_HELD = {
    "ambiguous_match": Text(
        "匹配键指向不同的客户", "its match keys name different customers"
    ),
    "key_conflict": Text(
        "匹配到的客户的更强匹配键与此行不同",
        "a stronger match key of the customer found differs",
    ),
    "nobody_to_enrich": Text(
        "其来源只能补充已有客户，而未匹配到客户",
        "its source may only add to known customers, and it matched none",
    ),
    "storage_only": Text(
        "匹配到的客户仅作存储，不再使用",
        "the customer that it matches is kept only, and used no more",
    ),
    "suppressed": Text(
        "匹配到的客户已销毁或正在销毁",
        "the customer that it matches was destroyed, or is being destroyed",
    ),
    UNKNOWN_FIELD: Text(
        "现行策略不再包含其某个字段",
        "the policy in force no longer knows a field of it",
    ),
    NO_LONGER_READS: Text(
        "按现行策略其某个值已不可读",
        "a value of it no longer reads under the policy in force",
    ),
    OVERTAKEN: Text(
        "该客户其间已有更新的版本", "the customer has a newer version meanwhile"
    ),
    DECIDED_BY_STEWARD: Text("由数据管理员裁定", "decided by a steward"),
    REFUSED_BY_STEWARD: Text("由数据管理员拒绝", "refused by a steward"),
    **{fate.value: words for fate, words in WHY_SUPPRESSED.items()},
}
"""The codes of a held row in words."""
