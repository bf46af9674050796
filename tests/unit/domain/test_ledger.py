"""Every edit of a ledger is seen: lines, order, signatures, length, another history."""

import base64
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from custody.crypto import signing
from custody.domain.ledger import (
    BodyValue,
    Head,
    Signer,
    head_of,
    key_of,
    origin_of,
    read_line,
    write_line,
)
from custody.domain.ledger_check import (
    LedgerFault,
    Verification,
    fingerprint,
    verify_lines,
)
from custody.errors import EvidenceError

MOMENT = dt.datetime(2026, 1, 2, 3, 4, 5, 678, dt.UTC)
KEY = bytes(range(32))


@dataclass(frozen=True)
class Draft:
    """An entry to be."""

    kind: str = "loaded"
    subject: str = "example/2026-01-02/1"
    body: Mapping[str, BodyValue] = field(default_factory=lambda: {"rows": 3})


def _signer(key: bytes = KEY) -> Signer:
    return Signer(
        origin=origin_of(signing.public_key_of(key)),
        sign=lambda message: signing.sign_labelled(key, message),
    )


def _ledger(size: int, *, key: bytes = KEY, kind: str = "loaded") -> list[bytes]:
    lines: list[bytes] = []
    for at in range(size):
        draft = Draft(kind=kind, body={"rows": at, "reasons": ["甲", "b"], "ok": True})
        last = lines[-1] if lines else None
        moment = MOMENT + dt.timedelta(seconds=at)
        lines.append(write_line(draft, last=last, moment=moment, signer=_signer(key)))
    return lines


def _verify(lines: list[bytes], expected: Head | None = None) -> Verification:
    pin = fingerprint(signing.public_key_of(KEY))
    return verify_lines(
        lines,
        verify=signing.verify_labelled,
        pins=[pin],
        heads=[] if expected is None else [expected],
    )


def _codes(lines: list[bytes], expected: Head | None = None) -> set[LedgerFault]:
    return {fault for _, fault in _verify(lines, expected).faults}


def test_a_whole_ledger_holds_and_tells_its_head() -> None:
    lines = _ledger(5)

    verdict = _verify(lines, head_of(lines[2]))

    assert verdict.holds
    assert verdict.head == head_of(lines[-1])
    assert verdict.head.size == 5


def test_a_line_says_what_was_drafted() -> None:
    line = read_line(_ledger(2)[1])

    assert (line.position, line.kind, line.subject) == (2, "loaded", Draft().subject)
    assert line.body == {"rows": 1, "reasons": ["甲", "b"], "ok": True}
    assert line.time == MOMENT + dt.timedelta(seconds=1)
    assert key_of(line.origin) == signing.public_key_of(KEY)


def test_every_flipped_bit_of_a_line_is_seen() -> None:
    (line,) = _ledger(1)
    for bit in range(8 * len(line)):
        altered = bytearray(line)
        altered[bit // 8] ^= 1 << bit % 8
        assert not _verify([bytes(altered)]).holds


def test_every_truncation_of_a_line_is_seen() -> None:
    (line,) = _ledger(1)
    for length in range(len(line)):
        assert LedgerFault.MALFORMED in _codes([line[:length]])
    assert LedgerFault.MALFORMED in _codes([line + b"\n"])
    assert LedgerFault.MALFORMED in _codes([line + b" "])


@pytest.mark.parametrize(
    ("attack", "fault"),
    [
        (lambda lines: lines[1:], LedgerFault.POSITION),
        (lambda lines: lines[:2] + lines[3:], LedgerFault.CHAIN),
        (lambda lines: [lines[1], lines[0], *lines[2:]], LedgerFault.POSITION),
        (lambda lines: [*lines[:2], lines[1], *lines[2:]], LedgerFault.POSITION),
        (lambda lines: lines[:3] + _ledger(5, kind="erased")[3:], LedgerFault.CHAIN),
        (lambda lines: lines[:3], LedgerFault.TRUNCATED),
        (lambda _: [], LedgerFault.EMPTY),
        (lambda lines: _ledger(len(lines), kind="erased"), LedgerFault.FORKED),
        (lambda lines: _ledger(len(lines), key=bytes(32)), LedgerFault.NOT_PINNED),
        (lambda lines: [*lines[:4], _resigned(lines[4])], LedgerFault.SIGNATURE),
        (lambda lines: [*lines[:4], _foreign(lines[3])], LedgerFault.ORIGIN),
    ],
    ids=[
        "first line removed", "line removed", "lines swapped", "line doubled",
        "tail of another history", "cut short", "emptied", "written anew",
        "written anew by another", "signed by another", "continued by another",
    ],
)  # fmt: skip
def test_every_attack_is_seen(
    attack: Callable[[list[bytes]], list[bytes]], fault: LedgerFault
) -> None:
    lines = _ledger(5)

    assert fault in _codes(attack(lines), head_of(lines[-1]))


def _resigned(line: bytes) -> bytes:
    """Return the line with a signature by another key under the old origin."""
    previous = _ledger(4)[-1]
    signer = Signer(
        origin=_signer().origin,
        sign=lambda message: signing.sign_labelled(bytes(32), message),
    )
    parsed = read_line(line)
    return write_line(
        Draft(body=parsed.body), last=previous, moment=parsed.time, signer=signer
    )


def _foreign(last: bytes) -> bytes:
    signer = _signer(bytes(32))
    return write_line(Draft(), last=last, moment=MOMENT, signer=signer)


def test_twin_without_an_anchor_a_ledger_cut_short_or_written_anew_holds() -> None:
    lines = _ledger(5)

    assert _verify(lines[:3]).holds
    assert _verify(_ledger(5, kind="erased")).holds


def test_twin_without_signatures_a_ledger_written_anew_by_another_holds() -> None:
    forged = _ledger(5, key=bytes(32))
    pin = fingerprint(signing.public_key_of(bytes(32)))

    verdict = verify_lines(forged, verify=lambda *_: True, pins=[pin])

    assert verdict.holds


def test_nothing_pinned_is_nothing_trusted() -> None:
    verdict = verify_lines(_ledger(1), verify=signing.verify_labelled, pins=[])

    assert {fault for _, fault in verdict.faults} == {LedgerFault.NOT_PINNED}


def test_time_never_runs_back() -> None:
    lines = _ledger(1)
    early = MOMENT - dt.timedelta(minutes=4)

    line = write_line(Draft(), last=lines[0], moment=early, signer=_signer())

    assert read_line(line).time == MOMENT
    assert _verify([*lines, line]).holds
    with pytest.raises(EvidenceError, match="clock"):
        write_line(
            Draft(),
            last=lines[0],
            moment=MOMENT - dt.timedelta(minutes=6),
            signer=_signer(),
        )


def test_twin_a_line_with_an_earlier_time_is_seen() -> None:
    """A signer without the rule of `write_line` leaves a ledger that fails."""
    later = _ledger(1)
    early = write_line(
        Draft(), last=None, moment=MOMENT - dt.timedelta(days=1), signer=_signer()
    )
    second = write_line(
        Draft(), last=early, moment=MOMENT - dt.timedelta(days=1), signer=_signer()
    )

    assert LedgerFault.TIME in _codes([later[0], second])


@pytest.mark.parametrize(
    "body",
    [{"x": 1.5}, {"x": None}, {"x": {"y": 1}}, {"x": [1]}, {"x": 2**53}, {"x": b""}],
)
def test_a_body_holds_text_integers_booleans_and_lists_of_text(
    body: dict[str, BodyValue],
) -> None:
    with pytest.raises(EvidenceError, match="ledger body, x"):
        write_line(Draft(body=body), last=None, moment=MOMENT, signer=_signer())


@pytest.mark.parametrize("origin", ["", "ed25519:", "ed25519:" + "G" * 64, "rsa:00"])
def test_an_origin_names_a_key(origin: str) -> None:
    signer = Signer(origin=origin, sign=lambda _: bytes(64))

    with pytest.raises(EvidenceError):
        write_line(Draft(), last=None, moment=MOMENT, signer=signer)


def test_a_last_line_that_is_none_is_refused() -> None:
    with pytest.raises(EvidenceError, match="docs/formats"):
        write_line(Draft(), last=b"x", moment=MOMENT, signer=_signer())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"position":1', b'"position":"1"'),
        (b'"position":1', b'"position":true'),
        (b'"previous":"00', b'"previous":"'),
        (b'"kind":"loaded"', b'"kind":7'),
        (b'"body":{"rows":3}', b'"body":[]'),
        (b'"kind":"loaded",', b'"extra":"x","kind":"loaded",'),
        (b'"kind":"loaded",', b'"kind":"loaded","kind":"loaded",'),
        (b'"kind":"loaded",', b'"kind": "loaded",'),
    ],
)
def test_a_line_in_another_form_is_refused_though_signed(
    old: bytes, new: bytes
) -> None:
    line = write_line(Draft(), last=None, moment=MOMENT, signer=_signer())
    signed = line.rpartition(b" ")[0].replace(old, new)
    signature = base64.b64encode(_signer().sign(signed))

    assert signed != line.rpartition(b" ")[0]
    with pytest.raises(EvidenceError):
        read_line(signed + b" " + signature)
