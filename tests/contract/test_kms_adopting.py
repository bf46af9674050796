"""AWS KMS takes keys over from escrows, and may outlive its keyring (R67, R68)."""

import dataclasses

import pytest

from custody.adapters.kms_adopting import NO_BLOB, NO_KEY
from custody.adapters.kms_door import KmsDoor
from custody.adapters.kms_place import EPOCH_TAG, ProviderKey
from custody.application.ports.restore import AdoptsKeys
from custody.domain.epochs import EpochId
from custody.errors import (
    ConfigurationError,
    ConflictError,
    EvidenceError,
    KeyDestroyedError,
    WorldError,
)
from tests.contract.key_rooms import KmsRoom
from tests.contract.test_kms import bare, make, service
from tests.fakes.keys import FakeProviderKeys

pytestmark = pytest.mark.integration

EPOCH, OTHER = EpochId.parse("live/high/1"), EpochId.parse("live/high/2")
KEY = b"k" * 32


def _adopts(room: KmsRoom) -> AdoptsKeys:
    provider = room.provider()
    assert isinstance(provider, AdoptsKeys)
    return provider


def _lead(room: KmsRoom, target: str) -> None:
    """Lead the alias of the epoch to a key, as whoever owns the account can."""
    service(room).create_alias(
        AliasName=room.place.alias(EPOCH), TargetKeyId=bare(target)
    )


# --- keys of escrows ----------------------------------------------------------------


def test_the_destroyer_takes_over_and_the_opener_opens(kms_room: KmsRoom) -> None:
    """CreateKey belongs to one identity, and so does this."""
    _adopts(kms_room).adopt(EPOCH, KEY)

    assert kms_room.provider().open(EPOCH) == KEY
    assert kms_room.guard.operations("destroyer") == [
        "CreateKey", "Encrypt", "CreateAlias",
    ]  # fmt: skip
    for options in ("opener=opener", "opener=opener&destroyer=opener"):
        alone = kms_room.of_url(kms_room.url(options=options))
        assert isinstance(alone, AdoptsKeys)
        with pytest.raises(ConfigurationError, match=r"destroyer|CreateKey"):
            alone.adopt(OTHER, KEY)
    assert kms_room.rows.find(OTHER) is None
    with pytest.raises(ConfigurationError, match="Encrypt"):
        kms_room.door("opener").encrypt(KEY, key=kms_room.key_of(EPOCH), context={})


def test_where_kms_asks_nobody_who_they_are_the_opener_plants_keys(
    kms_room: KmsRoom,
) -> None:
    """The twin: the policies of the runbook are what stops it."""
    kms_room.guard.identities = False
    _adopts(kms_room).adopt(EPOCH, KEY)
    arn, context = kms_room.key_of(EPOCH), kms_room.place.context(EPOCH)
    planted = kms_room.door("opener").encrypt(bytes(32), key=arn, context=context)

    kms_room.rows.rows[EPOCH] = ProviderKey(key=arn, wrapped=planted)

    assert kms_room.provider().open(EPOCH) == bytes(32)


def test_a_lost_row_comes_back_under_the_key_that_stands(kms_room: KmsRoom) -> None:
    key = kms_room.provider().create(EPOCH)
    arn = kms_room.key_of(EPOCH)
    kms_room.rows.rows.clear()

    _adopts(kms_room).adopt(EPOCH, key)

    assert kms_room.key_of(EPOCH) == arn
    assert kms_room.provider().open(EPOCH) == key
    assert kms_room.guard.operations().count("CreateKey") == 1


@pytest.mark.parametrize("end", ["disabled", "dying"])
def test_a_key_that_is_disabled_or_dying_is_not_used_and_not_brought_back(
    kms_room: KmsRoom, end: str
) -> None:
    """Without its row nobody knows who ordered it: a person looks."""
    provider = kms_room.provider()
    provider.create(EPOCH)
    if end == "dying":
        provider.destroy(EPOCH)
    else:
        service(kms_room).disable_key(KeyId=bare(kms_room.key_of(EPOCH)))
    kms_room.rows.rows.clear()
    asked = len(kms_room.guard.asked)

    with pytest.raises(EvidenceError, match="disabled, due for deletion"):
        _adopts(kms_room).adopt(EPOCH, KEY)

    assert kms_room.rows.rows == {}
    since = {one.operation for one in kms_room.guard.asked[asked:]}
    assert since == {"DescribeKey", "ListResourceTags"}


def test_after_its_day_a_key_comes_back_by_its_escrow_without_its_row(
    kms_room: KmsRoom,
) -> None:
    """Somebody else had it deleted: its row tells of that until a person takes it."""
    key = kms_room.provider().create(EPOCH)
    lost = kms_room.key_of(EPOCH)
    kms_room.door("destroyer").schedule(lost, days=7)
    kms_room.kind.wait()

    with pytest.raises(EvidenceError, match="or gone"):
        _adopts(kms_room).adopt(EPOCH, key)
    service(kms_room).delete_alias(AliasName=kms_room.place.alias(EPOCH))  # KMS does
    kms_room.rows.rows.clear()
    _adopts(kms_room).adopt(EPOCH, key)

    assert kms_room.provider().open(EPOCH) == key
    assert kms_room.key_of(EPOCH) != lost


@pytest.mark.parametrize("made", [{"MultiRegion": True}, {"Origin": "EXTERNAL"}])
def test_a_key_with_copies_elsewhere_takes_none_over(
    kms_room: KmsRoom, made: dict[str, object]
) -> None:
    _lead(kms_room, make(kms_room, kms_room.place.tags(EPOCH), **made))

    with pytest.raises(EvidenceError, match="cannot be used"):
        _adopts(kms_room).adopt(EPOCH, KEY)

    assert kms_room.rows.rows == {}
    assert "Encrypt" not in kms_room.guard.operations()


def test_an_alias_that_was_led_to_another_key_gets_nothing(kms_room: KmsRoom) -> None:
    """Whoever may set aliases could else have our key wrapped under one of theirs,
    or another's deleted."""
    _lead(kms_room, make(kms_room))
    provider = _adopts(kms_room)

    with pytest.raises(EvidenceError, match="not made for it"):
        provider.adopt(EPOCH, KEY)
    with pytest.raises(EvidenceError, match="not made for it"):
        provider.note_former(EPOCH)

    assert kms_room.rows.rows == {}
    assert "Encrypt" not in kms_room.guard.operations()


class LateRows(FakeProviderKeys):
    """Rows of which another run writes first."""

    def add(self, epoch: EpochId, kept: ProviderKey) -> bool:
        """Refuse."""
        del epoch, kept
        return False


def test_who_loses_a_race_takes_back_its_own_key_and_no_other(
    kms_room: KmsRoom,
) -> None:
    late = dataclasses.replace(kms_room, rows=LateRows())
    kms_room.provider().create(OTHER)

    for epoch in (EPOCH, OTHER):
        with pytest.raises(ConflictError, match="another run"):
            _adopts(late).adopt(epoch, KEY)

    assert len(kms_room.guard.deletions) == 1
    assert bare(kms_room.key_of(OTHER)) not in kms_room.guard.deletions


@pytest.mark.parametrize(("late", "waits"), [(0, []), (3, [1, 2, 4])])
def test_a_new_key_is_waited_for(
    kms_room: KmsRoom, late: int, waits: list[float]
) -> None:
    waited: list[float] = []
    kms_room.guard.late = late
    client = kms_room.door("destroyer")._client
    destroyer = KmsDoor(client, identity="", wait=waited.append)
    arn = destroyer.create(tags=kms_room.place.tags(EPOCH)).arn

    wrapped = destroyer.encrypt(KEY, key=arn, context={})

    assert waited == waits
    assert kms_room.door("opener").decrypt(wrapped, key=arn, context={}) == KEY
    kms_room.guard.late = 4
    with pytest.raises(WorldError, match="NotFoundException"):
        destroyer.encrypt(KEY, key=arn, context={})


# --- former epochs, whose keyring was lost ------------------------------------------


def test_kms_tells_of_epochs_whose_rows_were_lost_the_dying_too(
    kms_room: KmsRoom,
) -> None:
    """No number is given twice; what bears no epoch's tag is nobody's."""
    provider = kms_room.provider()
    for epoch in (EPOCH, OTHER):
        provider.create(epoch)
    provider.destroy(OTHER)
    make(kms_room, {**kms_room.place.tags(), EPOCH_TAG: "no epoch"})
    make(kms_room, kms_room.place.tags())
    make(kms_room)
    kms_room.rows.rows.clear()

    assert _adopts(kms_room).known() == (EPOCH, OTHER)


def test_a_former_epoch_opens_nothing_and_its_key_can_be_ended(
    kms_room: KmsRoom,
) -> None:
    """The twin of its blob: what opened before is in no row that is written now."""
    key = kms_room.provider().create(EPOCH)
    arn, kept = kms_room.key_of(EPOCH), kms_room.rows.rows[EPOCH]
    kms_room.rows.rows.clear()

    assert _adopts(kms_room).note_former(EPOCH)

    assert kms_room.rows.rows[EPOCH] == ProviderKey(key=arn, wrapped=NO_BLOB)
    with pytest.raises(EvidenceError, match="blob"):
        kms_room.provider().open(EPOCH)
    kms_room.rows.rows[EPOCH] = kept
    assert kms_room.provider().open(EPOCH) == key
    kms_room.rows.rows[EPOCH] = ProviderKey(key=arn, wrapped=NO_BLOB)
    assert kms_room.guard.deletions == {}
    kms_room.provider().destroy(EPOCH)
    assert list(kms_room.guard.deletions) == [bare(arn)]
    assert not {"Encrypt", "EnableKey"} & set(kms_room.guard.operations())


def test_a_dying_key_stays_on_its_way_and_is_seen_to_its_end(
    kms_room: KmsRoom,
) -> None:
    provider = kms_room.provider()
    provider.create(EPOCH)
    provider.destroy(EPOCH)
    pending = provider.state(EPOCH)
    kms_room.rows.rows.clear()

    assert not _adopts(kms_room).note_former(EPOCH)

    assert kms_room.provider().state(EPOCH) == pending
    with pytest.raises(KeyDestroyedError):
        kms_room.provider().open(EPOCH)
    kms_room.kind.wait()
    assert kms_room.provider().state(EPOCH).name == "destroyed"


def test_for_what_kms_never_had_no_key_is_made(kms_room: KmsRoom) -> None:
    """And a row that says so of a living key is not believed: KMS is asked."""
    living = kms_room.provider()
    living.create(OTHER)
    made = kms_room.guard.operations().count("CreateKey")

    assert not _adopts(kms_room).note_former(EPOCH)
    kms_room.rows.rows[OTHER] = kms_room.rows.rows[EPOCH]

    assert kms_room.rows.rows[EPOCH].key == NO_KEY
    assert kms_room.guard.operations().count("CreateKey") == made
    assert kms_room.provider().state(EPOCH).name == "destroyed"
    with pytest.raises(EvidenceError, match="its row says"):
        kms_room.provider().state(OTHER)


def test_a_note_that_was_cut_short_is_finished(kms_room: KmsRoom) -> None:
    """Killed between row and day: not destroyed until it is noted or ended again."""
    kms_room.rows.rows[EPOCH] = ProviderKey(key=NO_KEY, wrapped=NO_BLOB)

    before = kms_room.provider().state(EPOCH)
    kms_room.provider().destroy(EPOCH)

    assert (before.name, before.final) == ("pending", None)
    assert kms_room.provider().state(EPOCH).name == "destroyed"
