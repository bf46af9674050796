"""Loading: once, whoever else tries; never from a staging that a crash emptied."""

import dataclasses

from custody.application.intake.load import LoadDelivery
from custody.application.ports import DeliveryRecord
from custody.domain.delivery import DeliveryId, DeliveryState
from custody.domain.outcome import Tally
from custody.domain.policy import Policy
from custody.domain.sources import Source
from custody.errors import ConflictError
from tests.builders.deliveries import MOMENT, delivery_key, delivery_record
from tests.builders.policies import policy_with
from tests.fakes.delivery_book import FakeDeliveryBook

ID = delivery_key().delivery_id


class FakeRegister:
    """Loads by moving the delivery; may lose the race against another run."""

    def __init__(self, book: FakeDeliveryBook, *, wins: DeliveryState | None) -> None:
        """`wins`: the state another run leaves behind before this one starts."""
        self._book = book
        self._wins = wins
        self.loads = 0

    def load(
        self, record: DeliveryRecord, source: Source, *, number_width: int
    ) -> Tally:
        """Count the load; ConflictError when another run has moved it."""
        assert source.source_id == record.key.source_id
        assert number_width
        state = self._wins or DeliveryState.LOADED
        self._book.records[ID] = dataclasses.replace(record, state=state)
        if self._wins is not None:
            message = "another run has the delivery"
            raise ConflictError(message)
        self.loads += 1
        return Tally(read=1, loaded=1)


class FakeWholeness:
    """A staging that is whole, or that a crash emptied."""

    def __init__(self, *, whole: bool) -> None:
        """Say which."""
        self._whole = whole

    def whole(self, delivery_id: DeliveryId) -> bool:
        """Answer as told."""
        assert delivery_id == ID
        return self._whole


def use_case(
    state: DeliveryState | None,
    *,
    whole: bool = True,
    wins: DeliveryState | None = None,
    policy: Policy | None = None,
) -> tuple[LoadDelivery, FakeRegister]:
    """Return the use case over one delivery in a state."""
    book = FakeDeliveryBook(MOMENT)
    if state is not None:
        book.records[ID] = delivery_record(state)
    register = FakeRegister(book, wins=wins)
    load = LoadDelivery(
        policy=policy or policy_with("website"),
        book=book,
        staging=FakeWholeness(whole=whole),
        register=register,
    )
    return load, register


def test_a_checked_delivery_is_loaded_once() -> None:
    """Repeating the task finds it loaded."""
    load, register = use_case(DeliveryState.CHECKED)

    outcomes = [load(ID), load(ID)]

    assert outcomes == ["loaded", "already"]
    assert register.loads == 1


def test_the_loser_of_a_race_says_so_and_loads_nothing() -> None:
    """Two concurrent runs of one delivery: one winner."""
    load, register = use_case(DeliveryState.CHECKED, wins=DeliveryState.LOADED)

    assert load(ID) == "already"
    assert register.loads == 0


def test_a_conflict_without_a_winner_is_raised() -> None:
    """Then the step is to be repeated, not called done."""
    load, _ = use_case(DeliveryState.CHECKED, wins=DeliveryState.CHECKED)

    try:
        load(ID)
    except ConflictError:
        raised = True
    else:
        raised = False

    assert raised


def test_a_staging_that_a_crash_emptied_is_not_loaded() -> None:
    """Half a delivery must never look like a whole one."""
    load, register = use_case(DeliveryState.CHECKED, whole=False)

    assert load(ID) == "staging_lost"
    assert register.loads == 0


def test_a_staging_that_another_runs_load_cleared_is_not_lost() -> None:
    """It was checked when this run looked; its staging went with the other's load."""
    load, register = use_case(DeliveryState.CHECKED)

    class Cleared:
        def whole(self, delivery_id: DeliveryId) -> bool:
            assert load(delivery_id) == "loaded"
            return False

    answer = dataclasses.replace(load, staging=Cleared())(ID)

    assert (answer, register.loads) == ("already", 1)


def test_states_that_are_not_checked_are_left_alone() -> None:
    """Held and sealed deliveries wait; an unknown one is unknown."""
    assert use_case(DeliveryState.HELD)[0](ID) == "held"
    assert use_case(DeliveryState.SEALED)[0](ID) == "sealed"
    assert use_case(None)[0](ID) == "unknown"


def test_a_source_that_left_the_policy_is_not_loaded() -> None:
    """R18: only approved sources reach the register."""
    load, register = use_case(DeliveryState.CHECKED, policy=policy_with("other"))

    assert load(ID) == "source_not_approved"
    assert register.loads == 0
