"""Keys of who is kept only leave the live epoch, and come back (R17, PIPL 47)."""

from collections.abc import Iterator

import polars as pl
import pytest

from custody.application.guarded_keys import UnrestrictedKeys
from custody.application.ports import Entry
from custody.application.restrict import (
    KeptLevel,
    RaisedValues,
    RestrictCustomers,
)
from custody.domain.epochs import EpochId
from custody.domain.levels import Level
from custody.domain.record_states import RecordState
from custody.errors import ConflictError, EvidenceError, KeyRestrictedError
from tests.fakes.ledger import FakeLedger
from tests.fakes.rekey import FakeEpochKeys, FakeExclusion, FakeKeyMover
from tests.fakes.rekey_world import OLD, RESTRICTED, ROWS, World, open_world

_S = RecordState


class FakeStandings:
    """One level of customers in a dict; `late` is taken back meanwhile."""

    def __init__(
        self, ledger: FakeLedger, handles: dict[str, tuple[bytes, ...]]
    ) -> None:
        """Take the customers with the handles of their high level."""
        self.ledger = ledger
        self.handles = handles
        self.states: dict[str, RecordState] = {}
        self.late: set[str] = set()

    def standing(self, level: Level, state: RecordState) -> Iterator[KeptLevel]:
        """Yield whose level stands so, one a batch."""
        for number in sorted(self.handles):
            if level is Level.HIGH and self.states.get(number) is state:
                yield KeptLevel(
                    level=level, numbers=(number,), handles=self.handles[number]
                )

    def restricted(self, kept: KeptLevel, entry: Entry) -> int:
        """Keep only who is deregistered still."""
        for number in self.late & set(kept.numbers):
            self.states[number] = _S.IN_USE
            self.late.discard(number)
        mine = [one for one in kept.numbers if self.states[one] is _S.DEREGISTERED]
        self.states.update(dict.fromkeys(mine, _S.STORAGE_ONLY))
        return self._told(mine, entry)

    def returned(self, kept: KeptLevel, entry: Entry) -> int:
        """Forget who is in use."""
        mine = [one for one in kept.numbers if self.states[one] is _S.IN_USE]
        for number in mine:
            del self.states[number]
        return self._told(mine, entry)

    def _told(self, mine: list[str], entry: Entry) -> int:
        if mine:
            self.ledger.append(entry)
        return len(mine)


class FakeRaisings:
    """Handles of the high level in a list; noted ones are not shown any more."""

    def __init__(self, ledger: FakeLedger) -> None:
        """Begin with nobody raised."""
        self.ledger = ledger
        self.raised: list[tuple[bytes, ...]] = []
        self.noted: list[tuple[bytes, ...]] = []

    def open(self, level: Level) -> Iterator[RaisedValues]:
        """Note and yield what is to leave, one raising a batch."""
        if level is Level.HIGH:
            self.noted = list(self.raised)
            for handles in self.noted:
                yield RaisedValues(level=level, handles=handles)

    def settled(self, moved: RaisedValues, entry: Entry) -> int:
        """Record that the keys have left."""
        self.raised.remove(moved.handles)
        self.ledger.append(entry)
        return len(moved.handles)


class Street:
    """Two customers whose high level was sealed under `live/high/1`."""

    def __init__(self) -> None:
        self.world: World = open_world()
        self.frames = {number: self.world.seal(OLD, ROWS) for number in ("XX1", "XX2")}
        self.standings = FakeStandings(
            self.world.ledger,
            {
                number: tuple(frame["handle"].to_list())
                for number, frame in self.frames.items()
            },
        )
        self.raisings = FakeRaisings(self.world.ledger)
        self.exclusively = FakeExclusion()
        self.heard: list[str] = []

    def restrict(self) -> dict[str, int]:
        """Run the use case."""
        use = RestrictCustomers(
            standings=self.standings,
            raisings=self.raisings,
            rekey=self.world.rekey,
            exclusively=self.exclusively,
            dataset="customers",
            reached=self.hear,
        )
        return dict(use())

    def hear(self, step: str) -> None:
        """Remember a step."""
        self.heard.append(step)

    def epochs(self, number: str) -> set[str]:
        """Return under which epochs a customer's keys are; all of them unwrap."""
        frame = self.frames[number]
        assert self.world.opens(frame)
        return set(self.world.keyring.wrapped(frame["handle"].to_list())["epoch"])


@pytest.fixture
def street() -> Street:
    return Street()


def test_the_keys_of_who_ended_move_and_those_of_others_stay(street: Street) -> None:
    """For every destroyer a bystander."""
    street.standings.states["XX1"] = _S.DEREGISTERED

    done = street.restrict()
    again = street.restrict()

    assert done == {"high restricted": 1}
    assert again == {}
    assert street.epochs("XX1") == {str(RESTRICTED)}
    assert street.epochs("XX2") == {str(OLD)}
    assert street.standings.states == {"XX1": _S.STORAGE_ONLY}
    (told,) = street.world.ledger.entries
    assert (told.kind, told.subject) == ("restricted", "customers")
    assert told.body == {
        "level": "high",
        "epoch": str(RESTRICTED),
        "customers": 1,
        "values": ROWS,
    }


def test_the_restricted_epoch_is_escrowed_before_a_key_is_under_it(
    street: Street,
) -> None:
    street.standings.states["XX1"] = _S.DEREGISTERED

    street.restrict()

    for medium in street.world.media:
        assert medium.list(f"escrow/{RESTRICTED}/")


def test_whose_event_was_withdrawn_comes_back_whole(street: Street) -> None:
    street.standings.states["XX1"] = _S.DEREGISTERED
    street.restrict()
    street.standings.states["XX1"] = _S.IN_USE

    done = street.restrict()

    assert done == {"high returned": 1}
    assert street.epochs("XX1") == {str(OLD)}
    assert street.standings.states == {}
    assert street.world.ledger.entries[-1].kind == "restriction_lifted"


def test_who_is_taken_back_while_their_keys_move_comes_back_in_the_same_run(
    street: Street,
) -> None:
    street.standings.states["XX1"] = _S.DEREGISTERED
    street.standings.late.add("XX1")

    done = street.restrict()

    assert done == {"high returned": 1}
    assert street.epochs("XX1") == {str(OLD)}


def test_what_a_lower_level_had_sealed_of_who_was_raised_leaves_too(
    street: Street,
) -> None:
    """R17: their old level's epoch is restricted likewise; a bystander's stays."""
    handles = tuple(street.frames["XX1"]["handle"].to_list())
    street.raisings.raised.append(handles)

    done = street.restrict()
    again = street.restrict()

    assert done == {"high raised": ROWS}
    assert again == {}
    assert street.raisings.noted == []
    assert street.epochs("XX1") == {str(RESTRICTED)}
    assert street.epochs("XX2") == {str(OLD)}
    (told,) = street.world.ledger.entries
    assert (told.kind, told.subject) == ("raised_restricted", "customers")
    assert told.body == {"level": "high", "epoch": str(RESTRICTED), "versions": ROWS}
    assert street.heard[-2:] == ["restrict.raised.before", "restrict.raised.after"]


def test_nothing_of_a_raised_level_is_settled_whose_keys_did_not_leave(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeEpochKeys, "mover", Laggard)
    handles = tuple(street.frames["XX1"]["handle"].to_list())
    street.raisings.raised.append(handles)

    with pytest.raises(EvidenceError, match="did not leave"):
        street.restrict()

    assert street.raisings.raised == [handles]


class Laggard(FakeKeyMover):
    """Moves nothing."""

    def move(self, records: object, *, old: EpochId) -> object:  # type: ignore[override]
        """Return what was asked, and leave all of it where it is."""
        del old
        return records


def test_nobody_is_kept_only_whose_keys_did_not_leave(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeEpochKeys, "mover", Laggard)
    street.standings.states["XX1"] = _S.DEREGISTERED

    with pytest.raises(EvidenceError, match=f"{ROWS} keys did not leave {OLD}"):
        street.restrict()

    assert street.standings.states == {"XX1": _S.DEREGISTERED}
    assert street.world.ledger.entries == []


def test_one_run_at_a_time_moves_keys(street: Street) -> None:
    with street.exclusively(), pytest.raises(ConflictError):
        street.restrict()


def test_who_holds_no_right_opens_bears_and_ends_no_restricted_epoch(
    street: Street,
) -> None:
    """The twin is the provider itself, as the destroyer has it."""
    street.standings.states["XX1"] = _S.DEREGISTERED
    street.restrict()
    guarded = UnrestrictedKeys(street.world.provider)

    for use in (guarded.create, guarded.open, guarded.destroy):
        with pytest.raises(KeyRestrictedError):
            use(RESTRICTED)

    assert guarded.state(RESTRICTED).name == "live"
    assert guarded.open(OLD) == street.world.provider.open(OLD)
    assert street.world.provider.open(RESTRICTED)
    assert set(guarded.epochs()) == set(street.world.provider.epochs())
    assert guarded.strays() == ()


def test_other_epochs_go_through_the_guard(street: Street) -> None:
    drill = EpochId.parse("drill/low/7")
    guarded = UnrestrictedKeys(street.world.provider)

    born = guarded.create(drill)
    guarded.destroy(drill)

    assert len(born) == 32
    assert street.world.provider.state(drill).name == "destroyed"
    assert isinstance(street.frames["XX1"], pl.DataFrame)
