"""The file of a certificate: one form, signed, judged offline (R72)."""

import dataclasses
import datetime as dt
import json
from collections.abc import Callable

import pytest

from custody.crypto import signing
from custody.domain.certificate import DestructionCertificate
from custody.domain.certificate_check import (
    CertificateFault,
    Judgement,
    Receipt,
    judge_certificate,
    judge_receipt,
    write_receipt,
)
from custody.domain.certificate_form import (
    Certificate,
    canonical_json,
    read_certificate,
    sign_certificate,
    write_certificate,
)
from custody.domain.commitments import (
    commit,
    in_order,
    prove,
    read_annex,
    write_annex,
)
from custody.errors import EvidenceError
from tests.builders.certificates import (
    ANNEX,
    PEOPLE,
    PIN,
    certificate,
    closing_certificate,
    destruction,
    signer,
)

F = CertificateFault
OTHER_KEY = bytes(32)
BOTH: dict[str, Callable[[], Certificate]] = {
    "destruction": certificate,
    "closing": closing_certificate,
}


def _file(stated: Certificate | None = None) -> bytes:
    return write_certificate(sign_certificate(stated or certificate(), signer()))


def _judged(content: bytes, pin: str = PIN) -> Judgement:
    return judge_certificate(content, verify=signing.verify_labelled, pins={pin})


@pytest.mark.parametrize("kind", BOTH)
def test_what_is_written_is_read_back(kind: str) -> None:
    stated = BOTH[kind]()
    signed = sign_certificate(stated, signer())

    read = read_certificate(write_certificate(signed))

    assert read == signed
    assert (read.certificate, read.kind) == (stated, kind)
    assert len(read.certificate_id) == 64
    assert _judged(_file(stated)).holds


@pytest.mark.parametrize("kind", BOTH)
def test_no_byte_can_be_changed(kind: str) -> None:
    """Every bit that is flipped anywhere is found; every cut and addition, too."""
    content = _file(BOTH[kind]())

    for at in range(0, len(content), 7):
        flipped = bytearray(content)
        flipped[at] ^= 1 << at % 8
        assert not _judged(bytes(flipped)).holds, at
    for at in range(0, len(content), 97):
        assert not _judged(content[:at]).holds
    for more in (b"\n", b" ", b"x"):
        assert not _judged(content + more).holds
        assert not _judged(more + content).holds


def test_only_a_pinned_key_is_believed() -> None:
    """Twin: without pins, whoever signs is believed; with none pinned, nobody."""
    forged = write_certificate(sign_certificate(certificate(), signer(OTHER_KEY)))

    assert _judged(forged).faults == (F.NOT_PINNED,)
    assert _judged(forged, signing.fingerprint(signing.public_key_of(OTHER_KEY))).holds
    assert not judge_certificate(_file(), verify=signing.verify_labelled, pins=()).holds


def test_a_signature_of_another_certificate_is_none() -> None:
    signed = sign_certificate(certificate(), signer())
    other = sign_certificate(closing_certificate(), signer())

    swapped = write_certificate(dataclasses.replace(signed, signature=other.signature))

    assert _judged(swapped).faults == (F.SIGNATURE,)


@pytest.mark.parametrize(
    "changes",
    [
        {"unreadable_since": dt.datetime(2027, 3, 1, tzinfo=dt.UTC)},
        {"expected_from": dt.date(2027, 4, 1)},
        {"remains": ()},
        {"destruction": dataclasses.replace(destruction(), customers=7)},
        {"destruction": dataclasses.replace(destruction(), observations=())},
    ],
)
def test_what_its_observations_do_not_show_is_refused_even_when_signed(
    changes: dict[str, object],
) -> None:
    wrong = dataclasses.replace(certificate(), **changes)  # type: ignore[arg-type]

    assert _judged(_file(wrong)).faults == (F.CONTRADICTS,)


@pytest.mark.parametrize(
    "changes",
    [
        {"listings": ()},
        {"unreadable_since": dt.datetime(2027, 5, 1, tzinfo=dt.UTC)},
        {
            "listings": tuple(
                dataclasses.replace(one, destroyed=1)
                for one in closing_certificate().listings
            )
        },
        {
            "listings": tuple(
                dataclasses.replace(one, living=0)
                for one in closing_certificate().listings
            )
        },
    ],
)
def test_a_closing_certificate_shows_what_it_says(changes: dict[str, object]) -> None:
    wrong = dataclasses.replace(closing_certificate(), **changes)  # type: ignore[arg-type]

    assert _judged(_file(wrong)).faults == (F.CONTRADICTS,)


def _document() -> dict[str, dict[str, object]]:
    parsed: dict[str, dict[str, object]] = json.loads(_file())
    return parsed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("certificate", "kind"), "other"),
        (("certificate", "more"), 1),
        (("certificate", "issued_at"), "2027-03-31"),
        (("certificate", "expected_from"), "20270506"),
        (("certificate", "remains"), "tombstones"),
        (("certificate", "destruction"), []),
        (("certificate", "destruction", "customers"), "5"),
        (("certificate", "destruction", "customers"), True),
        (("certificate", "destruction", "customers"), 5.0),
        (("certificate", "destruction", "customers"), 2**53),
        (("certificate", "destruction", "dataset"), 5),
        (("certificate", "destruction", "dataset"), "\ud800"),
        (("certificate", "destruction", "epochs"), ["live/high/0"]),
        (("certificate", "destruction", "observations"), [{}]),
        (("certificate",), "text"),
        (("origin",), "ed25519:00"),
        (("signature",), "AAAA"),
        (("signature",), "%"),
        (("more",), 1),
    ],
)
def test_what_has_another_form_is_malformed(
    path: tuple[str, ...], value: object
) -> None:
    document = _document()
    within: dict[str, object] = document  # type: ignore[assignment]
    for name in path[:-1]:
        within = within[name]  # type: ignore[assignment]
    within[path[-1]] = value

    content = json.dumps(
        document, ensure_ascii=True, sort_keys=True, separators=(",", ":")
    ).encode()

    assert _judged(content + b"\n").faults == (F.MALFORMED,)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]\n", b"null", b"[" * 100_000])
def test_what_is_no_certificate_is_malformed(content: bytes) -> None:
    assert _judged(content).faults == (F.MALFORMED,)
    assert _receipt_judged(content).faults == (F.MALFORMED,)


def test_a_doubled_key_and_pretty_printing_are_refused() -> None:
    content = _file()
    doubled = content.replace(b'"customers":5', b'"customers":9,"customers":5', 1)
    pretty = json.dumps(_document(), ensure_ascii=False, indent=1).encode()

    assert doubled != content
    assert _judged(doubled).faults == (F.MALFORMED,)
    assert _judged(pretty).faults == (F.MALFORMED,)


# --- the annex, and receipts ---------------------------------------------------


def _receipt(number: str = "FI000003", salt: bytes | None = None) -> bytes:
    proof = prove(ANNEX, commit(PEOPLE["FI000003"], "FI000003"))
    assert proof is not None
    return write_receipt(
        Receipt(
            certificate=sign_certificate(certificate(), signer()),
            number=number,
            salt=salt or PEOPLE["FI000003"],
            proof=proof,
        )
    )


def _receipt_judged(content: bytes, pin: str = PIN) -> Judgement:
    return judge_receipt(content, verify=signing.verify_labelled, pins={pin})


def test_who_holds_the_salt_finds_their_own_commitment() -> None:
    assert _receipt_judged(_receipt()).holds


def test_a_receipt_is_of_one_customer_alone() -> None:
    """Another number, or another salt, is listed nowhere."""
    for wrong in (_receipt("FI000004"), _receipt(salt=bytes(16))):
        assert _receipt_judged(wrong).faults == (F.NOT_LISTED,)


def test_a_receipt_of_an_unpinned_certificate_is_not_believed() -> None:
    assert _receipt_judged(_receipt(), "00" * 32).faults == (F.NOT_PINNED,)


def test_a_closing_certificate_lists_nobody() -> None:
    parsed = json.loads(_receipt())
    parsed["certificate"] = json.loads(_file(closing_certificate()))

    judged = _receipt_judged(canonical_json(parsed) + b"\n")

    assert judged.faults == (F.NOT_LISTED,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("salt", "00"),
        ("salt", "zz"),
        ("index", "3"),
        ("path", "00"),
        ("path", [1]),
        ("more", 1),
        ("number", 3),
    ],
)
def test_a_receipt_of_another_form_is_malformed(name: str, value: object) -> None:
    parsed = json.loads(_receipt())
    parsed["receipt"][name] = value

    judged = _receipt_judged(canonical_json(parsed) + b"\n")

    assert judged.faults == (F.MALFORMED,)


def test_no_byte_of_a_receipt_can_be_changed() -> None:
    content = _receipt()
    for at in range(0, len(content), 11):
        flipped = bytearray(content)
        flipped[at] ^= 1 << at % 8
        assert not _receipt_judged(bytes(flipped)).holds, at


def test_an_annex_is_read_back_and_proves_nobody_else() -> None:
    assert read_annex(write_annex(ANNEX)) == ANNEX
    assert prove(ANNEX, bytes(32)) is None
    assert in_order((b"b", b"a", b"b")) == (b"a", b"b")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"custody/annex/2\n",
        b"custody/annex/1\nzz\n",
        b"custody/annex/1\n00\n",
        write_annex(ANNEX)[:-1],
        write_annex(tuple(reversed(ANNEX))),
        write_annex(ANNEX).upper(),
        b"custody/annex/1\n\xff\n",
    ],
)
def test_an_annex_of_another_form_is_refused(content: bytes) -> None:
    with pytest.raises(EvidenceError):
        read_annex(content)


def test_a_salt_has_its_length() -> None:
    with pytest.raises(ValueError, match="salt"):
        commit(b"short", "FI000001")


def test_a_file_names_no_customer() -> None:
    content = _file() + write_annex(ANNEX)

    assert isinstance(read_certificate(_file()).certificate, DestructionCertificate)
    assert not any(number.encode() in content for number in PEOPLE)
