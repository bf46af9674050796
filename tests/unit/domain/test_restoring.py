"""What a ledger tells a restore: objects, counts, and who stays gone (R70-R72)."""

import datetime as dt
from collections.abc import Sequence

import pytest

from custody.domain.delivery import DeliveryState
from custody.domain.epochs import EpochId
from custody.domain.ledger import BodyValue, Line
from custody.domain.numbering import parts_of
from custody.domain.outcome import Tally
from custody.domain.restoring import Replay

MOMENT = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
ONE, TWO = "website/2026-11-23/1", "website/2026-11-23/2"
A, B = b"a" * 32, b"b" * 32
Told = tuple[str, str, dict[str, BodyValue]]
LOADED: dict[str, BodyValue] = {
    "read": 5, "loaded": 3, "unchanged": 0, "pending": 0, "quarantined": 1,
    "refused": 0, "held": 1, "root": "00" * 32, "values": 9,
}  # fmt: skip


def _replay(*told: Told) -> Replay:
    replay = Replay("disk")
    for position, (kind, subject, body) in enumerate(told, start=1):
        replay.take(
            Line(
                position=position,
                time=MOMENT + dt.timedelta(minutes=position),
                kind=kind,
                subject=subject,
                body=body,
                origin="ed25519:" + "00" * 32,
                previous=bytes(32),
                signed=b"",
                signature=b"",
            )
        )
    return replay


def _exported(path: str) -> dict[str, BodyValue]:
    return {"objects": [f"cloud:other/{path}:{'1' * 64}", f"disk:{path}:{'2' * 64}"]}


def _story(*kinds: "Step") -> Replay:
    return _replay(*((kind, ONE, body) for kind, body in kinds))


Step = tuple[str, dict[str, BodyValue]]
_BEGIN: Sequence[Step] = (
    ("admitted", {"manifest_sha256": "m", "policy": "p"}),
    ("sealed", {"rows": 4, "unreadable": 1}),
)


def test_a_loaded_delivery_is_told_by_its_lines() -> None:
    replay = _story(
        *_BEGIN,
        ("checked", {}),
        ("loaded", LOADED),
        ("exported", _exported("objects/x")),
        ("erased", {}),
    )

    (story,) = replay.stories(after=0)
    assert story.state is DeliveryState.LOADED
    assert story.tally == Tally(read=5, loaded=3, quarantined=1, held=1)
    assert (story.manifest, story.policy, story.values) == ("m", "p", 9)
    assert story.received_at == MOMENT + dt.timedelta(minutes=1)
    assert story.loaded_at == MOMENT + dt.timedelta(minutes=4)
    assert (story.exported_at, story.erased_at) == (
        MOMENT + dt.timedelta(minutes=5), MOMENT + dt.timedelta(minutes=6),
    )  # fmt: skip
    (written,) = replay.objects(after=0)
    assert (written.path, written.sha256, written.position) == (
        "objects/x", "2" * 64, 5,
    )  # fmt: skip
    assert replay.objects(after=5) == []
    assert replay.stories(after=6) == []


@pytest.mark.parametrize(("outcome", "loaded"), [("loaded", 4), ("refused", 3)])
def test_a_decided_row_moves_the_counts_and_is_owed_off_site(
    outcome: str, loaded: int
) -> None:
    replay = _story(
        *_BEGIN,
        ("loaded", LOADED),
        ("exported", _exported("objects/x")),
        ("row_decided", {"outcome": outcome}),
    )

    (story,) = replay.stories(after=0)
    assert story.tally == Tally(
        read=5, loaded=loaded, quarantined=1, refused=4 - loaded
    )
    assert story.exported_at is None
    assert story.object is not None


def test_a_held_delivery_holds_all_its_rows_until_it_is_released() -> None:
    held: list[Step] = [*_BEGIN, ("held", {"reasons": ["unknown_columns"]})]
    exported: Step = ("exported", _exported("objects/x"))

    (story,) = _story(*held, exported).stories(after=0)
    assert (story.state, story.reasons) == (DeliveryState.HELD, ("unknown_columns",))
    assert story.tally == Tally(read=5, quarantined=1, held=4)
    released = _story(*held, exported, ("released", {}))
    assert released.stories(after=0) == []
    assert released.objects(after=0) == []
    (refused,) = _story(*held, exported, ("refused", {"rows": 4})).stories(after=0)
    assert refused.tally == Tally(read=5, quarantined=1, refused=4)
    assert refused.object is None


def test_a_quarantined_one_is_told_and_one_on_its_way_is_not() -> None:
    replay = _replay(
        ("quarantined", ONE, {"reasons": ["replay"]}),
        ("admitted", TWO, {}),
        ("sealed", TWO, {"rows": 1, "unreadable": 0}),
    )

    (story,) = replay.stories(after=0)
    assert (story.state, story.reasons) == (DeliveryState.QUARANTINED, ("replay",))


def test_what_was_loaded_and_never_went_off_site_is_lost_and_told() -> None:
    replay = _story(*_BEGIN, ("loaded", LOADED))

    assert replay.lost() == (ONE,)
    assert replay.stories(after=0) == []


def test_sets_of_this_medium_and_ended_epochs_are_noted() -> None:
    replay = _replay(
        ("full_set_written", "customers", {"manifests": ["disk:aa", "cloud:bb"]}),
        ("backed_up", "customers", {"manifests": ["cloud:bb", "disk:cc"]}),
        ("rekeyed", "live/high/1", {}),
        ("restored", "customers", {}),
        ("keys_swept", "customers", {"keys": 1}),
        ("exported", ONE, {"objects": "not a list"}),
    )

    assert replay.sets == [(1, "aa"), (2, "cc")]
    assert replay.named_epochs() == {EpochId.parse("live/high/1")}
    assert (replay.restored, replay.size) == (4, 6)
    assert replay.objects(after=0) == []


def test_new_cards_of_this_medium_are_noted_and_of_no_other() -> None:
    replay = _replay(
        ("recipient_renewed", "customers", {"medium": "disk"}),
        ("recipient_renewed", "customers", {"medium": "cloud"}),
    )

    assert replay.renewed == 1


# --- destructions ------------------------------------------------------------------

_INTENDED: Told = (
    "destruction_intended",
    "customers",
    {"plan": "p", "commitments": [A.hex(), B.hex()]},
)
_CONDEMNED: Told = (
    "destruction_condemned",
    "customers",
    {"plan": "p", "commitments_spared": [B.hex()]},
)
_DELETED: Told = ("destruction_deleted", "customers", {"plan": "p"})
_ENDED: Told = ("destruction_ended", "customers", {"plan": "p"})


def test_an_intent_wins_over_whatever_was_written_before_the_rows_went() -> None:
    replay = _replay(_INTENDED, _CONDEMNED, _DELETED, _ENDED)

    assert replay.gone(written_at=0) == replay.gone(written_at=3) == {A}
    assert replay.gone(written_at=4) == frozenset()
    assert replay.everybody_gone() == {A}


def test_levels_of_several_destructions_are_barred_together() -> None:
    """Each by what was written before its rows went."""

    def told(plan: str, levels: str) -> Told:
        body: dict[str, BodyValue] = {"plan": plan, "commitments": [A.hex()]}
        return ("destruction_intended", "customers", {**body, "levels": [levels]})

    replay = _replay(told("p", "low"), _DELETED, told("q", "high"))

    assert replay.parted(written_at=1) == {A: {"low", "high"}}
    assert replay.parted(written_at=3) == {A: {"high"}}
    assert replay.gone(written_at=1) == frozenset()
    assert replay.everybody_gone() == {A}
    assert replay.suppressed_at(A) is None


def test_an_intent_on_its_way_wins_over_everything() -> None:
    """Twin of the above: before the deletion nothing is older than it."""
    assert _replay(_INTENDED).gone(written_at=99) == {A, B}
    assert _replay().everybody_gone() == frozenset()


@pytest.mark.parametrize("kind", ["destruction_spared", "destruction_refused"])
def test_a_destruction_that_was_called_off_bars_nobody(kind: str) -> None:
    replay = _replay(_INTENDED, (kind, "customers", {"plan": "p"}))

    assert replay.gone(written_at=0) == replay.everybody_gone() == frozenset()


def test_the_set_of_a_destruction_was_begun_when_its_epochs_had_ended() -> None:
    replay = _replay(_INTENDED, _DELETED, _ENDED)

    assert replay.begun_before("p", 9) == 3
    assert replay.begun_before("p", 2) == replay.begun_before("other", 9) == 0
    assert _replay(_INTENDED).begun_before("p", 9) == 0


def test_a_number_is_taken_apart() -> None:
    assert parts_of("FI2026000123") == ("FI", 2026, 123)
    with pytest.raises(ValueError, match="not a customer number"):
        parts_of("2026")
