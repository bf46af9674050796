"""Tells people what became of deliveries, in ids, codes and counts (R25)."""

import dataclasses
from collections.abc import Sequence

from custody.bootstrap import Custody
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.language import Text
from custody.errors import WorldError

_NOT_JUDGED = Text(
    "以下交付未能判定，其余均已判定：{deliveries}",
    "not judged, the others are: {deliveries}",
)
_ROWS = Text(
    "读取 {read}，入库 {loaded}，未变 {unchanged}，待补充 {pending}，"
    "隔离 {quarantined}，拒绝 {refused}，挂起 {held}",
    "read {read}, loaded {loaded}, unchanged {unchanged}, pending {pending},"
    " quarantined {quarantined}, refused {refused}, held {held}",
)


def report_unjudged_deliveries(delivery_ids: Sequence[DeliveryId]) -> int:
    """Turn the run red for what could not be judged; return 0 if there is none.

    WorldError names the deliveries; people were told when they were looked at.
    """
    if delivery_ids:
        raise _NOT_JUDGED.as_error(WorldError, deliveries=", ".join(delivery_ids))
    return 0


def tell_outcome(custody: Custody, delivery_id: DeliveryId) -> str:
    """Tell of a delivery that waits for people; return its state.

    Silent when every row was loaded or is unchanged.
    """
    record = custody.book.find(delivery_id)
    if record is None:
        return "unknown"
    tally = record.tally
    calls = (
        record.state is not DeliveryState.LOADED or tally.pending or (tally.quarantined)
    )
    if calls:
        rows = _ROWS.filled(**dataclasses.asdict(tally))
        custody.reached("announce.before")
        custody.notifier.notify(
            f"交付待处理 delivery needs attention: {delivery_id}",
            f"{record.state.value} {' '.join(record.reasons)}\n{rows.zh}\n{rows.en}",
        )
        custody.reached("announce.after")
    return record.state.value
