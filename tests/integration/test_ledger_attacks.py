"""Eleven attacks on the ledger: with the off-site head each is found (R72).

The same table says which fall through without it, exactly: those of who may write
whatever holds, because they cut, or hold the key.  Asked through the auditor's door,
`custody ledger verify --pin`, and of the function behind it.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from custody.adapters.local import folder_of
from custody.application.copy_ledger import Trust, copied_lines, newest_head
from custody.application.ports import Entry
from custody.crypto import signing
from custody.domain.ledger import hash_line, origin_of
from custody.domain.ledger_check import verify_lines
from tests.builders.installation import Installation
from tests.integration.test_ledger_verify import (
    MIDDLE,
    OTHER_KEY,
    SIZE,
    Lines,
    Table,
    chained,
    custody,
    installation,
    replaced,
    rewritten,
    table,
)

__all__ = ["installation", "table"]  # fixtures of the ledger's own tests, here too

pytestmark = pytest.mark.integration

EDIT: dict[str, object] = {"body": {"rows": 1}}


@dataclass(frozen=True)
class Attack:
    """What is done with the lines; `key` is the ledger's own, for who holds it.

    `seen`: whether it is found without the off-site head.
    """

    done: Callable[[Lines, bytes], Lines]
    seen: bool


def _dropped(lines: Lines) -> Lines:
    return lines[:MIDDLE] + lines[MIDDLE + 1 :]


def _inserted(lines: Lines) -> Lines:
    other = rewritten(lines[0], {"subject": "web/2026-01-02/98"})
    return [*lines[:MIDDLE], other, *lines[MIDDLE:]]


def _reordered(lines: Lines) -> Lines:
    """Exchange what two lines tell; of their times each keeps its own place's."""
    return [lines[1], lines[0], *lines[2:]]


def _retold(lines: Lines, key: bytes) -> Lines:
    """Sign lines as if they had come one after the other, at the last one's time."""
    moment = rewritten_time(lines[-1])
    return chained([rewritten(one, {"time": moment}) for one in lines], key=key)


def rewritten_time(line: bytes) -> str:
    """Return the time of a line as it is written."""
    return line.partition(b'"time":"')[2].partition(b'"')[0].decode()


def _rolled_back(lines: Lines, key: bytes) -> Lines:
    """Put an older copy of the table back; Custody does not know, and goes on."""
    return _gone_on(lines[:MIDDLE], key, count=SIZE)


def _forked(lines: Lines, key: bytes) -> Lines:
    """Tell another story from a point on, as long as the first one."""
    return _gone_on(lines[:-2], key, count=2)


def _gone_on(lines: Lines, key: bytes, *, count: int) -> Lines:
    whole = list(lines)
    for _ in range(count):
        told: dict[str, object] = {
            "position": len(whole) + 1,
            "previous": hash_line(whole[-1]).hex(),
            "subject": "web/2026-01-03/1",
        }
        whole.append(rewritten(whole[-1], told, key=key))
    return whole


def _of_another_origin(lines: Lines) -> Lines:
    other: dict[str, object] = {"origin": origin_of(signing.public_key_of(OTHER_KEY))}
    return chained([rewritten(one, other) for one in lines], key=OTHER_KEY)


def _replayed(lines: Lines) -> Lines:
    return [*lines, lines[MIDDLE]]


def _forged(lines: Lines) -> Lines:
    return replaced(lines, rewritten(lines[MIDDLE], EDIT, key=OTHER_KEY))


ATTACKS = {
    "truncate": Attack(lambda lines, _: lines[:-1], seen=False),
    "roll back to a copy": Attack(_rolled_back, seen=False),
    "rewrite by the key holder": Attack(
        lambda lines, key: chained(
            [rewritten(one, {"kind": "x"}) for one in lines], key=key
        ),
        seen=False,
    ),
    "drop": Attack(lambda lines, _: _dropped(lines), seen=True),
    "insert": Attack(lambda lines, _: _inserted(lines), seen=True),
    "reorder": Attack(lambda lines, _: _reordered(lines), seen=True),
    "edit": Attack(
        lambda lines, _: replaced(lines, rewritten(lines[MIDDLE], EDIT)), seen=True
    ),
    "fork": Attack(_forked, seen=False),
    "swap origin": Attack(lambda lines, _: _of_another_origin(lines), seen=True),
    "replay": Attack(lambda lines, _: _replayed(lines), seen=True),
    "forged signature": Attack(lambda lines, _: _forged(lines), seen=True),
}
"""The eleven, each by who can do least: the table's owner, unless a key is needed."""

BY_THE_KEY_HOLDER = {
    "drop": Attack(lambda lines, key: chained(_dropped(lines), key=key), seen=False),
    "insert": Attack(lambda lines, key: _retold(_inserted(lines), key), seen=False),
    "reorder": Attack(lambda lines, key: _retold(_reordered(lines), key), seen=False),
    "edit": Attack(
        lambda lines, key: chained(
            replaced(lines, rewritten(lines[MIDDLE], EDIT)), key=key
        ),
        seen=False,
    ),
}
"""The same by who holds the ledger's key: only what lies elsewhere tells."""

ALL = [
    *(pytest.param(one, id=name) for name, one in ATTACKS.items()),
    *(
        pytest.param(one, id=f"{name}, signed again")
        for name, one in BY_THE_KEY_HOLDER.items()
    ),
]


def key_of(installation: Installation) -> bytes:
    """Return the ledger's own key."""
    pem = installation.custody.settings.ledger_key_file.read_bytes()
    return signing.private_from_pem(pem)


def pin_of(installation: Installation) -> str:
    """Return what an auditor wrote down when the ledger began."""
    return signing.fingerprint(installation.custody.public_keys.ledger)


@pytest.fixture
def copied(installation: Installation) -> Iterator[None]:
    """The ledger and its head lie on every medium; the copies go with the test."""
    assert installation.custody.copy_ledger()
    yield
    for url in installation.custody.settings.offsite_urls:
        shutil.rmtree(folder_of(url, "CUSTODY_OFFSITE_URLS") / "ledger")


def holds(installation: Installation, lines: Lines, *, with_head: bool) -> bool:
    """Ask the function."""
    trust = Trust(signing.verify_labelled, [pin_of(installation)])
    found = [newest_head(one, trust) for one in installation.custody.media]
    heads = [head for head in found if head is not None] if with_head else []
    return verify_lines(lines, verify=trust.verify, pins=trust.pins, heads=heads).holds


def test_there_are_eleven_and_four_of_them_need_the_head() -> None:
    fall_through = {name for name, one in ATTACKS.items() if not one.seen}

    assert len(ATTACKS) == 11
    assert fall_through == {
        "truncate",
        "roll back to a copy",
        "rewrite by the key holder",
        "fork",
    }


@pytest.mark.usefixtures("copied")
@pytest.mark.parametrize("attack", ALL)
def test_every_attack_is_found_with_the_off_site_head(
    installation: Installation, table: Table, attack: Attack
) -> None:
    """By the door and by the function; the twin without a head is the next one."""
    pin = pin_of(installation)
    attacked = attack.done(table.lines(), key_of(installation))
    assert attacked != table.lines()
    table.hold(attacked)

    found = custody(installation, "verify", "--pin", pin)

    assert not holds(installation, attacked, with_head=True)
    assert found.exit_code == 1
    assert "the ledger does not hold" in found.output
    assert "Traceback" not in found.output


@pytest.mark.parametrize("attack", ALL)
def test_twin_without_the_head_those_fall_through_that_the_table_says(
    installation: Installation, table: Table, attack: Attack
) -> None:
    attacked = attack.done(table.lines(), key_of(installation))

    assert holds(installation, attacked, with_head=False) is not attack.seen
    if not attack.seen:
        table.hold(attacked)
        found = custody(installation, "verify", "--pin", pin_of(installation))
        assert found.exit_code == 0
        assert "the ledger holds" in found.output


@pytest.mark.usefixtures("copied")
def test_who_swaps_the_public_keys_too_is_found_by_the_pin_and_by_the_head(
    installation: Installation, table: Table
) -> None:
    """A machine's own word for its key is none: by that alone the ledger holds."""
    swapped = _of_another_origin(table.lines())
    theirs = signing.fingerprint(signing.public_key_of(OTHER_KEY))
    table.hold(swapped)

    believed = verify_lines(swapped, verify=signing.verify_labelled, pins=[theirs])
    found = custody(installation, "verify", "--pin", theirs)

    assert believed.holds
    assert found.exit_code == 1
    assert not holds(installation, swapped, with_head=False)


@pytest.mark.usefixtures("copied")
def test_after_a_restore_the_ledger_goes_on(
    installation: Installation, table: Table
) -> None:
    """A database that was set back is brought to the copy's end, and grows from it."""
    pin, ledger = pin_of(installation), installation.custody.ledger
    table.hold(table.lines()[:MIDDLE])
    set_back = custody(installation, "verify", "--pin", pin)
    for medium in installation.custody.media:
        assert len(list(copied_lines(medium))) == SIZE

    table.hold(list(copied_lines(installation.custody.media[0])))
    restored = custody(installation, "verify", "--pin", pin)
    position = ledger.append(Entry(kind="restored", subject="customers", body={}))
    copied_on = custody(installation, "copy")
    grown = custody(installation, "verify", "--pin", pin)

    assert (set_back.exit_code, restored.exit_code, position) == (1, 0, SIZE + 1)
    assert (copied_on.exit_code, grown.exit_code) == (0, 0)
    assert f"the ledger holds: {SIZE + 1} lines" in grown.output
