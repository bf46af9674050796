"""What a crash took out of staging is made again before it is needed."""

import pytest

from custody.application.intake.ensure_staged import EnsureStaged
from custody.application.intake.seal import LANDED_FILE_GONE
from custody.domain.delivery import DeliveryId, DeliveryState
from tests.builders.deliveries import MOMENT, delivery_key, delivery_record
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.staging import FakeStaging

ID = delivery_key().delivery_id
S = DeliveryState


class Steps:
    """Three steps that note that they were asked."""

    def __init__(self, state: DeliveryState | None, *, whole: bool, seal: str) -> None:
        """Say where the delivery stands and what sealing answers."""
        self.asked: list[str] = []
        book = FakeDeliveryBook(MOMENT)
        if state is not None:
            book.records[ID] = delivery_record(state)
        self.ensure = EnsureStaged(
            book=book,
            staging=FakeStaging(whole=whole),
            seal=lambda one: self._note("seal", one, seal),
            reclassify=lambda one: self._note("reclassify", one, "sealed"),
            check=lambda one: self._note("check", one, "checked"),
        )

    def _note(self, name: str, delivery_id: DeliveryId, answer: str) -> str:
        assert delivery_id == ID
        self.asked.append(name)
        return answer


@pytest.mark.parametrize(
    ("state", "seal", "asked", "answer"),
    [
        (S.SEALED, "sealed", ["seal"], "sealed"),
        (S.CHECKED, "sealed", ["seal", "check"], "checked"),
        (S.SEALED, LANDED_FILE_GONE, ["seal", "reclassify"], "sealed"),
        (S.CHECKED, LANDED_FILE_GONE, ["seal", "reclassify", "check"], "checked"),
        (S.CHECKED, "quarantined", ["seal"], "quarantined"),
    ],
)
def test_lost_staging_is_made_again_from_what_there_is(
    state: DeliveryState, seal: str, asked: list[str], answer: str
) -> None:
    """From the file; without it from the sealed values; checked again if it was."""
    steps = Steps(state, whole=False, seal=seal)

    assert steps.ensure(ID) == answer
    assert steps.asked == asked


@pytest.mark.parametrize("state", [S.SEALED, S.CHECKED])
def test_whole_staging_is_left_alone(state: DeliveryState) -> None:
    steps = Steps(state, whole=True, seal="sealed")

    assert steps.ensure(ID) == "already"
    assert not steps.asked


@pytest.mark.parametrize("state", [S.ADMITTED, S.HELD, S.LOADED, S.REFUSED, None])
def test_any_other_state_stands(state: DeliveryState | None) -> None:
    steps = Steps(state, whole=False, seal="sealed")

    assert steps.ensure(ID) == ("unknown" if state is None else state.value)
    assert not steps.asked
