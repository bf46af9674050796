"""How long ago a medium took a set, and which days the last backup lacks (R65)."""

import datetime as dt
import hashlib

from custody.application.ports import Entry
from custody.domain.backups import LONGEST, last_backups
from custody.domain.ledger import BodyValue, Signer, origin_of, write_line

BEGUN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SIGNER = Signer(
    origin=origin_of(bytes(32)), sign=lambda text: hashlib.sha512(text).digest()
)


def _lines(*told: tuple[int, str, tuple[str, ...], tuple[str, ...]]) -> list[bytes]:
    """Return a ledger: a first line, then sets by day, kind, media and missing days."""
    lines = [_line(None, 0, Entry(kind="keys_swept", subject="customers", body={}))]
    for day, kind, media, missing in told:
        body: dict[str, BodyValue] = {
            "manifests": [f"{medium}:{'00' * 32}" for medium in media],
            "missing": list(missing),
        }
        entry = Entry(kind=kind, subject="customers", body=body)
        lines.append(_line(lines[-1], day, entry))
    decoy = Entry(kind="held", subject="x", body={"reasons": ['"kind":"backed_up"']})
    later = Entry(kind="held", subject='"kind":"backed_up"', body={})
    lines.append(_line(lines[-1], 400, decoy))
    return [*lines, _line(lines[-1], 400, later)]


def _line(last: bytes | None, day: int, entry: Entry) -> bytes:
    moment = BEGUN + dt.timedelta(days=day)
    return write_line(entry, last=last, moment=moment, signer=SIGNER)


def test_before_the_first_set_it_counts_from_the_first_line() -> None:
    (in_time,) = last_backups(_lines(), ["disk"], BEGUN + LONGEST).ages
    late = last_backups(_lines(), ["disk"], BEGUN + LONGEST + dt.timedelta(seconds=1))

    assert (in_time.last, in_time.overdue, in_time.days(BEGUN)) == (None, False, None)
    assert late.ages[0].overdue
    assert not late.known


def test_each_medium_has_its_own_age_by_what_it_took() -> None:
    """A destruction's set is a set; a medium that failed keeps its former age."""
    lines = _lines(
        (10, "backed_up", ("disk", "cloud"), ("a 2026-01-02",)),
        (20, "full_set_written", ("disk", "cloud"), ()),
        (40, "backed_up", ("disk",), ("b 2026-01-30",)),
    )
    now = BEGUN + dt.timedelta(days=56)

    told = last_backups(lines, ["cloud", "disk", "tape"], now)

    assert [one.medium for one in told.ages] == ["cloud", "disk", "tape"]
    assert [one.days(now) for one in told.ages] == [36, 16, None]
    assert [one.overdue for one in told.ages] == [True, False, True]
    assert (told.missing, told.known) == (("b 2026-01-30",), True)


def test_an_empty_ledger_is_not_overdue() -> None:
    told = last_backups([], ["disk"], BEGUN)

    assert not told.ages[0].overdue
