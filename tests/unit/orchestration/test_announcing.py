"""People are told in both languages what became of a delivery (R25)."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from custody.application.ports import pass_by
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.outcome import Tally
from custody.orchestration.announcing import tell_outcome

ID = DeliveryId("website 2026-11-30 1")


def told(state: DeliveryState, tally: Tally) -> list[tuple[str, str]]:
    """Return subject and text of each message."""
    record = SimpleNamespace(state=state, tally=tally, reasons=("row_range",))
    messages: list[tuple[str, str]] = []
    custody = SimpleNamespace(
        book=SimpleNamespace(find=lambda _: record),
        notifier=SimpleNamespace(notify=lambda *one: messages.append(one)),
        reached=pass_by,
    )
    assert tell_outcome(cast("Any", custody), ID) == state.value
    return messages


@pytest.mark.parametrize("counted", [{"pending": 2}, {"quarantined": 2}])
def test_counts_come_in_both_languages(counted: dict[str, int]) -> None:
    tally = Tally(read=5, loaded=3, **counted)

    ((subject, text),) = told(DeliveryState.LOADED, tally)

    assert ID in subject
    assert "读取 5，入库 3，" in text
    assert "read 5, loaded 3," in text
    assert all(f"{name} {count}" in text for name, count in counted.items())


def test_a_delivery_that_is_held_is_told_and_one_that_is_whole_is_not() -> None:
    assert told(DeliveryState.HELD, Tally(read=5, held=5))
    assert not told(DeliveryState.LOADED, Tally(read=5, loaded=4, unchanged=1))
