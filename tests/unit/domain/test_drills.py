"""How long ago a drill may be: 35 days for a structural, 100 for an attended one."""

import datetime as dt
import hashlib

from custody.application.ports import Entry
from custody.domain.drills import DRILL_NAMES, LONGEST, DrillKind, drill_ages
from custody.domain.ledger import BodyValue, Signer, origin_of, write_line

BEGUN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SIGNER = Signer(
    origin=origin_of(bytes(32)), sign=lambda text: hashlib.sha512(text).digest()
)


def _lines(*told: tuple[int, str, bool]) -> list[bytes]:
    """Return a ledger: a first line, then drills by day, kind, and whether passed."""
    lines = [_line(None, 0, Entry(kind="keys_swept", subject="customers", body={}))]
    for day, kind, passed in told:
        body: dict[str, BodyValue] = {"drill": kind, "passed": passed}
        entry = Entry(kind="drilled", subject="customers", body=body)
        lines.append(_line(lines[-1], day, entry))
    decoy = Entry(kind="held", subject="x", body={"reasons": ['"kind":"drilled"']})
    return [*lines, _line(lines[-1], 200, decoy)]


def _line(last: bytes | None, day: int, entry: Entry) -> bytes:
    moment = BEGUN + dt.timedelta(days=day)
    return write_line(entry, last=last, moment=moment, signer=SIGNER)


def test_before_the_first_drill_it_counts_from_the_first_line() -> None:
    in_time, _ = drill_ages(_lines(), BEGUN + dt.timedelta(days=35))
    late, attended = drill_ages(_lines(), BEGUN + dt.timedelta(days=36))

    assert late.kind is DrillKind.STRUCTURAL
    assert (in_time.last, in_time.overdue) == (None, False)
    assert (late.overdue, attended.overdue) == (True, False)
    assert late.days(BEGUN) is None


def test_the_last_one_that_passed_counts_and_a_failed_one_does_not() -> None:
    lines = _lines((10, "structural", True), (20, "attended", True),
                   (40, "structural", False))  # fmt: skip

    structural, attended = drill_ages(lines, BEGUN + dt.timedelta(days=46))

    assert structural.days(BEGUN + dt.timedelta(days=46)) == 36
    assert structural.overdue
    assert not attended.overdue
    assert drill_ages(lines, BEGUN + dt.timedelta(days=121))[1].overdue


def test_an_empty_ledger_is_not_overdue_and_each_kind_has_a_limit_and_a_name() -> None:
    assert not any(one.overdue for one in drill_ages([], BEGUN))
    assert set(LONGEST) == set(DRILL_NAMES) == set(DrillKind)
