"""What restores have lost of holds and events waits until it is answered (R69)."""

from dataclasses import replace

from custody.domain.ledger import BodyValue
from custody.domain.unanswered import Unanswered, WordKind, unanswered
from tests.builders.lines import line_told

Told = tuple[str, dict[str, BodyValue]]


def waits(*told: Told) -> list[str]:
    """Return what waits after these lines."""
    return list(map(str, found(*told)))


def found(*told: Told) -> tuple[Unanswered, ...]:
    """Return the same as it is."""
    return unanswered(
        replace(line_told(position, kind, "customers"), body=body)
        for position, (kind, body) in enumerate(told, start=1)
    )


SET: Told = ("hold_set", {"hold": "01"})
RECORDED: Told = (
    "event_recorded",
    {"event": "02", "kind": "deregistration", "on": "2026-11-01"},
)
RESTORED: Told = ("restored", {"unknown": ["hold 01", "event 02", "certificate 03"]})


def test_nothing_waits_where_nothing_was_restored_or_lost() -> None:
    assert waits(SET, RECORDED) == []
    assert waits(SET, ("restored", {})) == []


def test_holds_and_events_wait_and_certificates_do_not() -> None:
    """Of a certificate there is the file that was handed over."""
    assert waits(SET, RECORDED, RESTORED) == ["hold 01", "event 02"]


def test_each_is_answered_by_a_line_that_says_which_restore_it_answers() -> None:
    """Set again, or over: both leave a trace under the id of the lost one."""
    assert waits(RESTORED, ("hold_set", {"hold": "01", "restored": 1})) == ["event 02"]
    assert waits(RESTORED, ("hold_lifted", {"hold": "01", "restored": 1})) == [
        "event 02"
    ]
    assert (
        waits(
            RESTORED,
            ("event_recorded", {"event": "02", "restored": 1}),
            ("hold_lifted", {"hold": "01", "restored": 1}),
        )
        == []
    )
    assert waits(RESTORED, ("event_withdrawn", {"event": "02", "restored": 1})) == [
        "hold 01"
    ]


def test_a_line_that_answers_no_restore_answers_none() -> None:
    """Another hold, or what was told of this one before it was lost."""
    other: Told = ("hold_set", {"hold": "04", "restored": 1})
    early: Told = ("hold_lifted", {"hold": "01"})

    assert waits(RESTORED, other, early) == ["hold 01", "event 02"]


def test_a_further_restore_answers_nothing_and_may_lose_the_answer() -> None:
    """Restored twice, from a set of before the answer the second time."""
    answered: Told = ("hold_set", {"hold": "01", "restored": 1})
    nothing_lost: Told = ("restored", {"unknown": []})
    lost_again: Told = ("restored", {"unknown": ["hold 01"]})

    assert waits(RESTORED, nothing_lost) == ["hold 01", "event 02"]
    assert waits(RESTORED, answered, nothing_lost) == ["event 02"]
    (event, hold) = found(RESTORED, answered, lost_again)
    assert (str(event), event.restored) == ("event 02", 1)
    assert (str(hold), hold.restored) == ("hold 01", 3)


def test_a_further_restore_that_brings_it_back_leaves_nothing_to_answer() -> None:
    """From a newer set of another medium: the hold stands, nobody could set it."""
    back: Told = ("restored", {"unknown": ["event 02"], "changed": []})

    assert waits(SET, RECORDED, RESTORED, back) == ["event 02"]


def test_it_tells_how_it_was_said_where_the_line_is_at_hand() -> None:
    (hold, event) = found(SET, RECORDED, RESTORED)

    assert hold.told is not None
    assert hold.told.position == 1
    assert event.says(kind="deregistration", on="2026-11-01")
    assert not event.says(kind="deregistration", on="2026-11-02")
    assert not Unanswered(kind=WordKind.EVENT, word_id="02", restored=3).says(
        kind="deregistration"
    )
