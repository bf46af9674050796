"""A drill without its throwaway server has failed, and so has what nobody could do."""

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from custody.application.copy_ledger import Trust
from custody.application.drill import Examination, Examined, RunDrill
from custody.application.ports import Offsite
from custody.domain.delivery import DeliveryKey
from custody.domain.delivery_story import DeliveryStory, Written
from custody.domain.drills import DrillFault
from custody.domain.ledger import read_line
from custody.domain.restoring import Replay
from custody.errors import EvidenceError, WorldError
from tests.fakes.keyring import FakeIndexEpochs, FakeKeyring
from tests.fakes.keys import FakeMedium
from tests.fakes.ledger import FakeLedger

MOMENT = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


@dataclass
class _Examines:
    """Finds what it was given, or cannot look."""

    found: tuple[DrillFault, ...] | None
    fault: DrillFault = DrillFault.RESTORE

    def __call__(self, medium: Offsite) -> tuple[DrillFault, ...]:
        if self.found is None:
            raise WorldError(f"{medium.name}: went away")
        return self.found


@dataclass
class _Lies:
    """Asks for what a listing names, and it is not there."""

    fault: DrillFault = DrillFault.KEYS

    def __call__(self, medium: Offsite) -> tuple[DrillFault, ...]:
        raise KeyError(medium.name)


def _with(*examinations: Examination) -> Callable[[], Examined]:
    return lambda: contextlib.nullcontext(examinations)


def _no_server() -> Examined:
    raise WorldError("no server")


def _faults(examined: Callable[[], Examined], why: str = "") -> list[str]:
    """Return what the drill of an empty medium tells besides what it reads.

    `why` is the reason that the operator is told of what nobody could look at.
    """
    ledger = FakeLedger()
    drill = RunDrill(
        dataset="customers",
        media=[FakeMedium("disk")],
        tags={},
        trust=Trust(lambda *_: False, ()),
        keyring=FakeKeyring(),
        index_epochs=FakeIndexEpochs(),
        ledger=ledger,
        examined=examined,
    )

    with pytest.raises(EvidenceError, match="disk") as raised:
        drill()
    (line,) = ledger.lines()
    told = read_line(line).body["faults"]
    assert isinstance(told, list | tuple)
    said = str(raised.value).removeprefix("the restore drill failed: ").split("; ")
    once = list(dict.fromkeys(told))
    assert [one.partition(" (")[0] for one in said[: len(once)]] == once
    assert said[len(once) :] == ([why] if why else [])
    assert "disk：ledger（台账不成立，或没有签名的台账头）" in raised.value.zh

    return [one for one in map(str, told) if one.removeprefix("disk: ") in _MORE]


_MORE = {"server", "restore", "keys", "other"}


def test_of_a_medium_that_is_away_nothing_is_said_but_that() -> None:
    """What nobody saw is not told as found out; in the ledger all has failed."""
    away = FakeMedium("disk")
    away.there = False
    ledger = FakeLedger()
    drill = RunDrill(
        dataset="customers",
        media=[away],
        tags={},
        trust=Trust(lambda *_: False, ()),
        keyring=FakeKeyring(),
        index_epochs=FakeIndexEpochs(),
        ledger=ledger,
        examined=_with(_Examines(None)),
    )

    with pytest.raises(EvidenceError) as raised:
        drill()

    (line,) = ledger.lines()
    named = list(read_line(line).body["faults"])  # type: ignore[arg-type] # texts
    told = raised.value.zh.removeprefix("恢复演练未通过：").split("；")
    assert "disk: ledger" in named
    assert told[: len(named)] == [
        f"disk：{one.removeprefix('disk: ')}（未能查看）" for one in named
    ]
    assert told[len(named) :] == ["disk：disk: not there", "disk：disk: went away"]


def test_a_medium_that_lies_when_it_is_read_has_failed_in_all() -> None:
    class Lying(FakeMedium):
        def list(self, prefix: str) -> tuple[str, ...]:
            raise KeyError(prefix)

    drill = RunDrill(
        dataset="customers",
        media=[Lying("disk")],
        tags={},
        trust=Trust(lambda *_: False, ()),
        keyring=FakeKeyring(),
        index_epochs=FakeIndexEpochs(),
        ledger=FakeLedger(),
        examined=_with(),
    )

    with pytest.raises(EvidenceError) as raised:
        drill()

    assert str(raised.value).endswith("; disk: what is listed there is not there")


def test_without_a_medium_nothing_has_passed() -> None:
    """A skipped check has failed."""
    ledger = FakeLedger()
    drill = RunDrill(
        dataset="customers",
        media=[],
        tags={},
        trust=Trust(lambda *_: False, ()),
        keyring=FakeKeyring(),
        index_epochs=FakeIndexEpochs(),
        ledger=ledger,
        examined=_with(),
    )

    with pytest.raises(EvidenceError, match="there is no off-site medium"):
        drill()

    (line,) = ledger.lines()
    assert read_line(line).body["passed"] is False


def test_without_a_server_each_medium_has_failed() -> None:
    assert _faults(_no_server, "no server") == ["disk: server"]


def test_what_is_found_is_told_and_what_could_not_be_looked_at_too() -> None:
    keys, nobody = _Examines((DrillFault.KEYS,)), _Examines(None)
    both = _with(keys, nobody)

    assert _faults(both, "disk: went away") == ["disk: keys", "disk: restore"]
    assert _faults(_with(_Examines(()))) == []


def test_a_reason_is_told_once_and_names_its_medium_once() -> None:
    twice = _with(_Examines(None), _Examines(None))

    assert set(_faults(twice, "disk: went away")) == {"disk: restore"}


def test_a_listing_that_names_what_is_not_there_is_a_fault_with_its_reason() -> None:
    lying = _with(_Lies())

    why = "disk: what is listed there is not there"
    assert _faults(lying, why) == ["disk: keys"]


def test_deliveries_that_changed_since_they_went_off_site_are_not_settled() -> None:
    key = DeliveryKey.parse("website/2026-11-23/1")
    assert key is not None
    lies = Written(path="x", sha256="0", position=1)
    stories = {
        name: DeliveryStory(
            key=dataclasses.replace(key, sequence=at),
            received_at=MOMENT,
            object=there,
            exported_at=exported,
        )
        for at, (name, there, exported) in enumerate(
            [("a", lies, MOMENT), ("b", lies, None), ("c", None, MOMENT)], start=1
        )
    }

    assert Replay("disk", deliveries=stories).unsettled() == {
        "website/2026-11-23/2",
        "website/2026-11-23/3",
    }
