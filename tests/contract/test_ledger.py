"""What every ledger promises: the fake, and PostgreSQL."""

import pytest

from custody.application.ports import Entry
from custody.domain.ledger import GENESIS, hash_line, read_line
from custody.domain.ledger_check import LedgerFault, fingerprint, verify_lines
from custody.errors import EvidenceError
from tests.contract.worlds import Shelf


def test_entries_follow_one_another_and_keep_what_they_say(shelf: Shelf) -> None:
    entries = [
        Entry(kind=f"kind-{n}", subject=shelf.source, body={"rows": n, "why": ["甲"]})
        for n in range(3)
    ]

    positions = [shelf.ledger.append(entry) for entry in entries]

    lines = list(shelf.ledger.lines())
    assert positions == list(range(positions[0], positions[0] + 3))
    told = [read_line(lines[position - 1]) for position in positions]
    assert [(line.kind, line.subject, dict(line.body)) for line in told] == [
        (entry.kind, entry.subject, dict(entry.body)) for entry in entries
    ]


def test_the_lines_are_one_chain_from_the_first(shelf: Shelf) -> None:
    for n in range(3):
        shelf.ledger.append(Entry(kind="k", subject=shelf.source, body={"n": n}))

    lines = list(shelf.ledger.lines())
    parsed = [read_line(line) for line in lines]

    assert [line.position for line in parsed] == list(range(1, len(lines) + 1))
    before = [GENESIS, *map(hash_line, lines[:-1])]
    assert [line.previous for line in parsed] == before
    (origin,) = {line.origin for line in parsed}
    verdict = verify_lines(
        lines,
        verify=lambda *_: True,
        pins=[fingerprint(bytes.fromhex(origin.removeprefix("ed25519:")))],
    )
    assert verdict.holds


def test_lines_are_read_from_any_position_on(shelf: Shelf) -> None:
    for n in range(3):
        shelf.ledger.append(Entry(kind="k", subject=shelf.source, body={"n": n}))
    lines = list(shelf.ledger.lines())

    assert list(shelf.ledger.lines(first=2)) == lines[1:]
    assert list(shelf.ledger.lines(first=len(lines))) == lines[-1:]
    assert list(shelf.ledger.lines(first=len(lines) + 1)) == []


def test_the_last_line_is_had_without_the_others(shelf: Shelf) -> None:
    shelf.ledger.append(Entry(kind="k", subject=shelf.source, body={"n": 1}))

    assert shelf.ledger.last() == list(shelf.ledger.lines())[-1]


def test_an_entry_that_no_line_can_hold_leaves_no_line(shelf: Shelf) -> None:
    shelf.ledger.append(Entry(kind="k", subject=shelf.source, body={}))
    before = list(shelf.ledger.lines())
    broken = Entry(kind="k", subject=shelf.source, body={})
    object.__setattr__(broken, "body", {"rate": 1.5})

    with pytest.raises(EvidenceError):
        shelf.ledger.append(broken)

    assert list(shelf.ledger.lines()) == before


def test_what_a_line_says_is_part_of_the_chain(shelf: Shelf) -> None:
    """The twin of the chain: a line changed in the copy that is read is seen."""
    for n in range(2):
        shelf.ledger.append(Entry(kind="k", subject=shelf.source, body={"n": n}))
    lines = list(shelf.ledger.lines())
    lines[-2] = lines[-2].replace(b'"kind":"k"', b'"kind":"x"')

    verdict = verify_lines(lines, verify=lambda *_: True, pins=[])

    assert LedgerFault.CHAIN in {fault for _, fault in verdict.faults}
