"""Three words for a held row; each leaves every row with one outcome."""

import pytest

from custody.domain.delivery import DeliveryState
from custody.domain.facts import Token
from custody.domain.held_rows import (
    WHY_HELD,
    NewCustomer,
    Readiness,
    Refuse,
    Ruling,
    ToCustomer,
    readiness,
    tally_after,
)
from custody.domain.language import Language
from custody.domain.matching import HoldReason
from custody.domain.outcome import Outcome, Tally
from custody.domain.supplements import ANSWERS
from custody.domain.waiting_words import in_words
from tests.builders.held_rows import held_row

RULINGS = (ToCustomer("XX2026000001"), NewCustomer(), Refuse())
DECIDED = ("key_conflict", "decided_by_steward")


@pytest.mark.parametrize("ruling", RULINGS)
def test_a_held_row_of_a_loaded_delivery_is_open_to_each_ruling(
    ruling: Ruling,
) -> None:
    assert readiness(held_row(), ruling) is Readiness.OPEN


@pytest.mark.parametrize("state", [s for s in DeliveryState if s.value != "loaded"])
def test_rows_of_a_delivery_that_is_not_loaded_are_not_decided_one_by_one(
    state: DeliveryState,
) -> None:
    answer = readiness(held_row(state, None), Refuse())

    held = state is DeliveryState.HELD
    assert answer is (Readiness.DELIVERY_HELD if held else Readiness.NOT_HELD)


@pytest.mark.parametrize("outcome", [o for o in Outcome if o is not Outcome.HELD])
def test_a_row_with_another_outcome_is_not_held(outcome: Outcome) -> None:
    assert readiness(held_row(outcome=outcome), Refuse()) is Readiness.NOT_HELD


def test_the_same_ruling_again_is_told_from_another() -> None:
    """A row that was never held was decided by nobody."""
    loaded = held_row(
        outcome=Outcome.LOADED, reasons=DECIDED, number="XX2026000001", version=2
    )
    founded = held_row(
        outcome=Outcome.LOADED, reasons=DECIDED, number="XX2026000009", version=1
    )
    refused = held_row(
        outcome=Outcome.REFUSED, reasons=("key_conflict", "refused_by_steward")
    )
    never = held_row(
        outcome=Outcome.LOADED, reasons=(), number="XX2026000001", version=1
    )

    answers = [
        [readiness(row, ruling).value for ruling in RULINGS]
        for row in (loaded, founded, refused, never)
    ]

    assert answers == [
        ["already", "not_held", "not_held"],
        ["not_held", "already", "not_held"],
        ["not_held", "not_held", "already"],
        ["not_held", "not_held", "not_held"],
    ]


@pytest.mark.parametrize("ruling", RULINGS)
def test_a_decision_conserves_the_rows(ruling: Ruling) -> None:
    before = Tally(read=6, loaded=2, pending=1, held=3)

    after = tally_after(before, ruling)

    assert before.conserves
    assert after.conserves
    assert after.held == 2
    refused = isinstance(ruling, Refuse)
    assert (after.loaded, after.refused) == ((2, 1) if refused else (3, 0))


def test_a_delivery_that_holds_nothing_has_nothing_to_decide() -> None:
    with pytest.raises(ValueError, match="no count is negative"):
        tally_after(Tally(read=1, loaded=1), Refuse())


def test_only_what_is_there_and_not_known_wrong_answers_a_request() -> None:
    assert {Token.VALID, Token.UNCHECKED} == ANSWERS


@pytest.mark.parametrize("reason", [*HoldReason, *WHY_HELD])
def test_every_reason_to_hold_has_words_in_both_languages(reason: str) -> None:
    chinese, english = (in_words(reason, one, str) for one in Language)

    assert reason not in {chinese, english}
    assert chinese != english


def test_a_reason_about_a_field_names_the_field() -> None:
    """As policy does; a code without words stands for itself."""
    told = [
        in_words(code, Language.EN, {"email": "E-mail"}.__getitem__)
        for code in ("email:malformed", "contact:missing", "whatever")
    ]

    assert told == [
        "E-mail: malformed",
        "contact (phone, e-mail or address): missing",
        "whatever",
    ]
