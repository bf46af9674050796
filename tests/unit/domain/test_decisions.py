"""A decision has one form: another byte anywhere, and it is none."""

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.crypto import signing
from custody.domain.decisions import (
    MAX_LINE_BYTES,
    PREFIX,
    DecisionKind,
    is_digest,
    message_of,
    read_decision,
    write_decision,
)
from custody.domain.enrolment import verifies
from custody.errors import EvidenceError
from tests.builders.decided import (
    NOW,
    approval,
    decision,
    kept_plan,
    proposal,
    request,
    seed_of,
    signed,
)

ASKED = request(kept_plan())
FIELDS = json.loads(ASKED.message.removeprefix(PREFIX))


def rewritten(**changed: object) -> bytes:
    """Return a canonical line that says otherwise, well signed."""
    fields = {**FIELDS, **changed}
    text = json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    message = PREFIX + text.encode()
    signature = signing.sign_labelled(seed_of("sun"), message)
    return message + b" " + base64.b64encode(signature)


def test_what_is_written_is_read_again() -> None:
    agreed = approval(kept_plan(), ASKED, reason="核对无误", larger=True)

    found = read_decision(agreed.line)

    assert found == agreed
    assert found.decision.of == ASKED.digest
    assert verifies(found, signing.verify_labelled)
    assert rewritten() == ASKED.line


def test_the_digest_is_of_what_is_signed() -> None:
    """Another signature over the same words is the same decision."""
    other = write_decision(ASKED.decision, lambda _: bytes(64))

    assert other.line != ASKED.line
    assert other.digest == ASKED.digest
    assert is_digest(ASKED.digest)
    assert not verifies(other, signing.verify_labelled)


def test_every_byte_counts() -> None:
    """Each flipped bit of a line is refused as a form or as a signature."""
    passed = []
    for at in range(len(ASKED.line)):
        line = bytearray(ASKED.line)
        line[at] ^= 1
        try:
            found = read_decision(bytes(line))
        except EvidenceError:
            continue
        if verifies(found, signing.verify_labelled):
            passed.append(at)

    assert passed == []


@pytest.mark.parametrize(
    "changed",
    [
        {"count": -1},
        {"count": 2**53},
        {"count": True},
        {"count": "4"},
        {"larger": 1},
        {"kind": "whim"},
        {"role": "tsar"},
        {"subject": "ab"},
        {"subject": "AB" * 32},
        {"of": "ab"},
        {"nonce": "ab"},
        {"nonce": "zz"},
        {"person": "Sun"},
        {"person": ""},
        {"key": "ed25519:ab"},
        {"key": ""},
        {"kind": "revocation"},
        {"made_at": "2026-11-24"},
        {"made_at": FIELDS["expires_at"]},
        {"reason": "x" * 201},
        {"reason": "two\nlines"},
        {"reason": None},
        {"extra": "1"},
        {"dataset": ["customers"]},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(EvidenceError, match=r"docs/formats\.md"):
        read_decision(rewritten(**changed))


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"custody/decision/1",
        ASKED.line + b"\n",
        ASKED.line.replace(b"decision/1", b"decision/2"),
        ASKED.line.rpartition(b" ")[0] + b" AAAA",
        PREFIX + b"[]" + b" " + base64.b64encode(bytes(64)),
        PREFIX + b"[" * 100_000,
        ASKED.line + b" " * MAX_LINE_BYTES,
        b"\xff" + ASKED.line,
    ],
    ids=lambda line: line[:24],
)
def test_what_is_no_line_is_refused(line: bytes) -> None:
    with pytest.raises(EvidenceError, match=r"docs/formats\.md"):
        read_decision(line)


def test_what_could_not_be_read_again_is_never_written() -> None:
    unfit = replace(ASKED.decision, person="Not An Id")

    with pytest.raises(EvidenceError):
        signed(unfit, by="sun")


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(line: bytes) -> None:
    """R70: whatever stands in a row, the answer is one error."""
    with pytest.raises(EvidenceError):
        read_decision(line)


def test_a_key_is_the_subject_of_what_is_said_of_keys() -> None:
    shown = proposal("zhao")

    assert shown.decision.subject == shown.decision.key
    assert shown.decision.role is None
    assert b'"role":""' in shown.message
    with pytest.raises(EvidenceError):
        decision("sun", DecisionKind.ENROLMENT, "ab" * 32)


def test_moments_are_of_utc_to_the_microsecond() -> None:
    assert b'"made_at":"2026-11-23T02:00:00.000000Z"' in message_of(ASKED.decision)
    assert read_decision(ASKED.line).decision.expires_at > NOW
