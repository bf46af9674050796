"""What a restore tells people at its end: what they have to do first (R65-R69)."""

import pytest

from custody.application.ports.restore import Counts
from custody.application.restore.restored import Restored
from custody.cli.restore_told import tell_restored
from custody.domain.ledger import Head


def test_what_nobody_can_bring_back_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODY_LANG", "en")
    restored = Restored(
        counts=Counts(customers=1, versions=2, values=3, waiting=0, deliveries=1),
        head=Head(origin=None, size=9, hash=bytes(32)),
        manifest="",
        tombstones=0,
        withheld=0,
        opened=3,
        shown=1,
        lost=(),
        unknown=("hold 0a", "event 0b", "certificate 0c"),
    )

    tell_restored(restored)

    told = capsys.readouterr().out
    assert "legal hold 0a is in no table of the set" in told
    assert "event 0b is in no table of the set" in told
    assert "certificate 0c was not brought back" in told
    assert "custody retention unanswered" in told
