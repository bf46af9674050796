"""The projection rebuilt from sealed values: only what is missing, as policy is now."""

import dataclasses
import json
from collections.abc import Iterator

import polars as pl
import pytest

from custody.application.projection import RebuildProjection
from custody.domain.fields import Mask
from custody.domain.policy import Policy
from custody.domain.sources import PartyRule
from custody.errors import OpenError
from tests.builders.policies import policy_of, source
from tests.fakes.workroom import Workroom, json_lines

COMPANY = "北京虚构云海贸易有限公司"


class LostProjection:
    """What is shown of a room's rows: nothing, until it is written again."""

    def __init__(self, room: Workroom, *, party: str = "natural") -> None:
        """Take the room whose staged rows are shown nowhere."""
        self.shown: dict[bytes, tuple[str | None, dict[str, str]]] = {}
        self._room = room
        self._party = party

    def missing(self) -> Iterator[pl.DataFrame]:
        """Yield the values of what is not shown."""
        for values in self._room.values.of(self._room.record.key.delivery_id):
            lost = ~pl.col("handle").is_in(list(self.shown))
            found = values.filter(lost).with_columns(
                party=pl.lit(self._party), customer_type=pl.lit(None, pl.String)
            )
            if found.height:
                yield found

    def write(self, shown: pl.DataFrame) -> None:
        """Keep what is shown."""
        for row in shown.iter_rows(named=True):
            self.shown[row["handle"]] = (row["name"], json.loads(row["shown"]))


def sealed_room(content: bytes, policy: Policy | None = None) -> Workroom:
    """Return a room with sealed rows."""
    room = Workroom(content, policy=policy)
    assert room.seal() == "sealed"
    return room


def rebuild(room: Workroom, projection: LostProjection) -> int:
    """Rebuild what is missing."""
    use = RebuildProjection(
        policy=room.policy,
        projection=projection,
        keyring=room.keyring,
        provider=room.provider,
        ledger=room.ledger,
    )
    return use()


def as_sealed(room: Workroom) -> dict[bytes, tuple[str | None, dict[str, str]]]:
    """Return what sealing itself showed."""
    (staged,) = room.staging.staged.values()
    return {
        row["handle"]: (row["name"], json.loads(row["shown"]))
        for block in staged.blocks
        for row in block.projection.iter_rows(named=True)
    }


def test_what_is_shown_again_is_what_was_shown() -> None:
    room = sealed_room(json_lines(3))
    projection = LostProjection(room)

    rebuilt = rebuild(room, projection)

    assert rebuilt == 3
    assert projection.shown == as_sealed(room)


def test_a_legal_person_is_shown_by_name_and_can_be_searched() -> None:
    """R29: nothing but a natural person's name is masked."""
    content = json.dumps({"customer_name": COMPANY}, ensure_ascii=False).encode()
    policy = policy_of(source(party=PartyRule.LEGAL))
    room = sealed_room(content + b"\n", policy)
    projection = LostProjection(room, party="legal")

    rebuild(room, projection)

    [(name, shown)] = projection.shown.values()
    assert (name, shown["customer_name"]) == (COMPANY, COMPANY)
    assert projection.shown == as_sealed(room)


def test_a_mask_that_policy_changed_applies_to_what_was_sealed_before() -> None:
    room = sealed_room(json_lines(1))
    room.policy = dataclasses.replace(
        room.policy,
        fields=tuple(
            dataclasses.replace(one, mask=Mask.HIDDEN) for one in room.policy.fields
        ),
    )
    projection = LostProjection(room)

    rebuild(room, projection)

    [(name, shown)] = projection.shown.values()
    assert name is None
    assert set(shown.values()) == {"***"}


def test_the_ledger_tells_of_the_opening_before_it_and_of_its_end() -> None:
    room = sealed_room(json_lines(3))

    rebuild(room, LostProjection(room))

    told = [(entry.kind, entry.body["records"]) for entry in room.ledger.entries]
    assert told == [("projection_rebuild_begun", 0), ("projection_rebuilt", 3)]
    assert {entry.subject for entry in room.ledger.entries} == {"customers"}


def test_an_opening_that_failed_is_in_the_ledger_all_the_same() -> None:
    room = sealed_room(json_lines(2))
    room.keyring.keys = room.keyring.keys.with_columns(
        pl.col("wrapped").reverse().over("level")
    )

    with pytest.raises(OpenError):
        rebuild(room, LostProjection(room))

    assert [entry.kind for entry in room.ledger.entries] == ["projection_rebuild_begun"]


def test_where_nothing_is_missing_nothing_is_opened() -> None:
    room = sealed_room(json_lines(2))
    projection = LostProjection(room)
    rebuild(room, projection)
    entries = list(room.ledger.entries)

    again = rebuild(room, projection)

    assert again == 0
    assert room.ledger.entries == entries
