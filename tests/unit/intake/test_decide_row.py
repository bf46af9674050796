"""Deciding a held row: once, by its handle, for a reason that names no person."""

import dataclasses

import pytest

from custody.application.intake.decide_row import Answer, Decided, DecideRow
from custody.application.ports.held_rows import Placed, Terms, Word
from custody.domain.delivery import DeliveryState
from custody.domain.held_rows import (
    NewCustomer,
    Refuse,
    RowStanding,
    Ruling,
    ToCustomer,
)
from custody.domain.outcome import Outcome
from custody.errors import ConflictError
from tests.builders.deliveries import MOMENT, delivery_record
from tests.builders.held_rows import HANDLE, held_row
from tests.builders.policies import policy_with
from tests.fakes.delivery_book import FakeDeliveryBook
from tests.fakes.held_rows import FOUNDED, KNOWN, FakeHeldRows

REASON = "asked the branch"


class Desk:
    """The use case over one row of one delivery."""

    def __init__(
        self, row: RowStanding | None = None, *, source: str = "website"
    ) -> None:
        """Take how the row stands and the only source that policy approves."""
        standing = row or held_row()
        self.rows = FakeHeldRows(standing)
        book = FakeDeliveryBook(MOMENT)
        book.records[standing.delivery_id] = delivery_record(standing.delivery_state)
        self.policy = policy_with(source)
        self.use = DecideRow(policy=self.policy, book=book, rows=self.rows)

    def say(
        self, ruling: Ruling, *, handle: str = HANDLE.hex(), reason: str = REASON
    ) -> Decided:
        """Give a word on the row."""
        return self.use(handle, ruling, reason=reason, actor="olive")


@pytest.mark.parametrize(
    ("ruling", "placed"),
    [
        (ToCustomer(KNOWN), Placed(number=KNOWN, version=2)),
        (NewCustomer(), Placed(number=FOUNDED, version=1)),
        (Refuse(), Placed()),
    ],
)
def test_a_held_row_is_decided_and_repeating_changes_nothing(
    ruling: Ruling, placed: Placed
) -> None:
    desk = Desk()

    first, second = desk.say(ruling), desk.say(ruling)

    assert (first.answer, first.placed) == (Answer.DONE, placed)
    assert second.answer is Answer.ALREADY
    assert desk.rows.words == [Word(actor="olive", reason=REASON)]


def test_a_row_that_only_enriches_founds_no_customer() -> None:
    """Twin: the same word on the same row of an ordinary source is done, above."""
    desk = Desk()
    (source,) = desk.policy.sources
    policy = dataclasses.replace(
        desk.policy, sources=(dataclasses.replace(source, enriches=True),)
    )
    desk.use = dataclasses.replace(desk.use, policy=policy)

    founded, named = desk.say(NewCustomer()), desk.say(ToCustomer(KNOWN))

    assert founded.answer is Answer.ENRICHES_ONLY
    assert named.answer is Answer.DONE
    assert [terms.part for terms in desk.rows.terms] == ["website"]


def test_policy_sets_the_terms() -> None:
    """The source's match keys, by which other rows know this one; the width."""
    desk = Desk()
    source = desk.policy.source("website")
    assert source is not None

    desk.say(NewCustomer())

    width = desk.policy.number_width
    assert desk.rows.terms == [Terms(match_keys=source.match_keys, number_width=width)]


def test_another_ruling_on_a_decided_row_is_refused() -> None:
    desk = Desk()
    desk.say(Refuse())

    again = desk.say(ToCustomer(KNOWN))

    assert again.answer is Answer.NOT_HELD
    assert again.standing is not None
    assert again.standing.outcome is Outcome.REFUSED


@pytest.mark.parametrize("handle", ["", "zz", "00", "00" * 15, "00" * 16])
def test_an_unknown_handle_or_none_at_all_is_unknown(handle: str) -> None:
    assert Desk().say(Refuse(), handle=handle) == Decided(answer=Answer.UNKNOWN)


@pytest.mark.parametrize(
    "reason", ["", "call 13800138000", "two\nlines", "same as FI2026000001", "a@b"]
)
def test_a_reason_that_could_carry_personal_data_is_refused_first(
    reason: str,
) -> None:
    """As with a whole delivery: it would stand in the ledger for ever (idea 6)."""
    desk = Desk()

    assert desk.say(Refuse(), reason=reason).answer is Answer.UNFIT_REASON
    assert desk.rows.words == []


def test_a_row_of_a_held_delivery_is_decided_with_it() -> None:
    desk = Desk(held_row(DeliveryState.HELD, None))

    assert desk.say(Refuse()).answer is Answer.DELIVERY_HELD


def test_a_number_that_is_not_there_is_told() -> None:
    assert Desk().say(ToCustomer("XX2026999999")).answer is Answer.NO_CUSTOMER


def test_a_row_without_its_tokens_can_only_be_refused() -> None:
    desk = Desk()
    desk.rows.without_tokens.add(HANDLE)

    assert desk.say(NewCustomer()).answer is Answer.TOKENS_LOST
    assert desk.say(Refuse()).answer is Answer.DONE


def test_a_source_that_left_the_policy_can_only_be_refused() -> None:
    """R18: only approved sources reach the register."""
    desk = Desk(source="other")

    assert desk.say(NewCustomer()).answer is Answer.SOURCE_NOT_APPROVED
    assert desk.say(Refuse()).answer is Answer.DONE


def test_the_loser_of_a_race_is_told() -> None:
    desk = Desk()
    desk.rows.taken.add(HANDLE)

    with pytest.raises(ConflictError, match="somebody else"):
        desk.say(Refuse())


def test_what_is_unknown_has_no_delivery() -> None:
    assert Decided(answer=Answer.UNKNOWN).delivery_id is None
    assert Desk().say(Refuse()).delivery_id == held_row().delivery_id
