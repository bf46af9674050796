"""The formats are frozen: what was written once is written and read for ever."""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from custody.crypto import (
    blindindex,
    cs1,
    escrow,
    keyrecord,
    recovery,
    signing,
)
from custody.crypto.framing import context
from custody.domain.ledger_check import verify_lines
from tests.vectors import make_kat, second_curves, second_reader

KAT: dict[str, Any] = json.loads(
    (Path(make_kat.__file__).parent / "kat.json").read_text("utf-8")
)
VALUES = pytest.mark.parametrize(
    "vector", KAT["sealed_values"], ids=lambda vector: f"suite{vector['suite']}"
)


def _bytes(vector: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(vector[name])


def test_deterministic_formats_are_written_as_ever() -> None:
    assert make_kat.sealed_values() == KAT["sealed_values"]
    assert make_kat.token_vectors() == KAT["tokens"]
    assert make_kat.suppression_vectors() == KAT["suppression"]
    assert make_kat.ledger_vector() == KAT["ledger"]
    assert make_kat.signature_vector() == KAT["signature"]
    assert make_kat.decision_vector() == KAT["decision"]
    assert make_kat.certificate_vectors() == KAT["certificate"]
    assert make_kat.plan_vectors() == KAT["plans"]


@VALUES
def test_package_opens_sealed_value_and_key_record(vector: dict[str, Any]) -> None:
    handle, key_id = _bytes(vector, "handle"), _bytes(vector, "key_id")

    data_key = keyrecord.unwrap_key(
        wrapping_key=_bytes(vector, "wrapping_key"),
        wrapped=_bytes(vector, "wrapped"),
        dataset=vector["dataset"],
        level=vector["level"],
        handle=handle,
        epoch=vector["epoch"],
        key_id=key_id,
    )
    opened = cs1.open_sealed(
        data_key=data_key,
        sealed=_bytes(vector, "sealed"),
        key_id=key_id,
        dataset=vector["dataset"],
        level=vector["level"],
        handle=handle,
        suites=(vector["suite"],),
    )

    assert opened.encoding == _bytes(vector, "encoding")
    assert opened.digest == _bytes(vector, "digest")


@VALUES
def test_second_reader_opens_sealed_value_and_key_record(
    vector: dict[str, Any],
) -> None:
    bound = second_reader.prefixed(
        vector["dataset"].encode(), vector["level"].encode(), _bytes(vector, "handle")
    )
    binding = bound + second_reader.prefixed(
        vector["epoch"].encode(), _bytes(vector, "key_id")
    )

    data_key = second_reader.open_record(
        _bytes(vector, "wrapping_key"), _bytes(vector, "wrapped"), binding
    )
    encoding, digest = second_reader.open_value(
        data_key, _bytes(vector, "sealed"), bound
    )

    assert data_key == _bytes(vector, "data_key")
    assert digest == _bytes(vector, "digest")
    assert second_reader.decode_fields(encoding) == vector["fields"]


@VALUES
def test_second_reader_refuses_what_was_altered(vector: dict[str, Any]) -> None:
    sealed = bytearray(_bytes(vector, "sealed"))
    sealed[-20] ^= 1
    bound = context(dataset=vector["dataset"], level=vector["level"], handle=bytes(16))

    with pytest.raises(second_reader.UnreadableError):
        second_reader.open_value(_bytes(vector, "data_key"), bytes(sealed), bound)


@pytest.mark.parametrize("vector", KAT["tokens"], ids=lambda vector: vector["field"])
def test_second_reader_computes_the_tokens(vector: dict[str, Any]) -> None:
    token = second_reader.token(
        _bytes(vector, "index_key"),
        _bytes(vector, "root"),
        vector["dataset"],
        vector["field"],
        _bytes(vector, "value"),
    )

    assert token == _bytes(vector, "token")


@pytest.mark.parametrize(
    "vector", KAT["suppression"], ids=lambda vector: vector["match_key"]
)
def test_second_reader_computes_the_suppression_tokens(vector: dict[str, Any]) -> None:
    """From the values: their order is that of the match key's name."""
    name, token = second_reader.suppression_token(
        _bytes(vector, "key"),
        _bytes(vector, "root"),
        vector["dataset"],
        vector["values"],
    )

    assert name == vector["match_key"]
    assert token == _bytes(vector, "token")


def test_identities_derive_from_the_recovery_secret_as_ever() -> None:
    vector = KAT["recovery"]
    secret = recovery.secret_from_text(vector["secret_text"])

    derived = recovery.derive_identities(secret, medium=vector["medium"])

    assert secret == _bytes(vector, "secret")
    assert derived.age_identity == vector["age_identity"]
    assert derived.age_recipient == vector["age_recipient"]
    assert derived.hpke_private == _bytes(vector, "hpke_private")
    assert derived.hpke_public == _bytes(vector, "hpke_public")


def test_second_reader_derives_the_hpke_key_and_opens_the_escrow() -> None:
    vector = KAT["recovery"]
    label = b"custody/recovery/hpke/1" + second_reader.prefixed(b"example")

    private = second_reader.hkdf_sha256(_bytes(vector, "secret"), label)
    key = second_curves.open_escrow(private, vector["epoch"], _bytes(vector, "escrow"))

    assert private == _bytes(vector, "hpke_private")
    assert second_curves.hybrid_public(private) == _bytes(vector, "hpke_public")
    assert key == _bytes(vector, "key")


def test_package_opens_the_escrow() -> None:
    vector = KAT["recovery"]

    key = escrow.open_escrow(
        _bytes(vector, "hpke_private"),
        epoch=vector["epoch"],
        escrow=_bytes(vector, "escrow"),
    )

    assert key == _bytes(vector, "key")


def test_second_reader_verifies_the_ledger_lines() -> None:
    lines = [line.encode() for line in KAT["ledger"]["lines"]]

    verdict = verify_lines(
        lines,
        verify=second_curves.ed25519_holds,
        pins=[KAT["ledger"]["fingerprint"]],
    )

    assert verdict.holds


def test_second_reader_verifies_the_manifest_signature() -> None:
    vector = KAT["signature"]
    message = vector["label"].encode() + b"\n" + _bytes(vector, "message")
    public, signature = _bytes(vector, "public_key"), _bytes(vector, "signature")

    assert second_curves.ed25519_holds(public, message, signature)
    assert not second_curves.ed25519_holds(public, message + b" ", signature)
    assert signing.verify(
        public, _bytes(vector, "message"), signature, label=vector["label"]
    )


def test_reencryption_moves_tokens_to_the_next_index_key() -> None:
    vector = KAT["tokens"][0]
    old, new, root = _bytes(vector, "index_key"), bytes(32), _bytes(vector, "root")
    field_key = blindindex.field_key(root, dataset="customers", field="phone")
    values = [_bytes(vector, "value"), b"other", b""]

    moved = blindindex.reencrypt_tokens(
        old_key=old,
        new_key=new,
        tokens=blindindex.tokens(index_key=old, field_key=field_key, values=values),
    )

    assert moved == blindindex.tokens(index_key=new, field_key=field_key, values=values)


@pytest.mark.parametrize("at", range(2))
def test_second_reader_reads_the_decisions(at: int) -> None:
    """Signature, digest and canonical form, with nothing of the package's."""
    line = KAT["decision"]["lines"][at].encode()
    message, _, encoded = line.rpartition(b" ")
    prefix, text = message[:19], message[19:]
    fields = json.loads(text)

    assert prefix == b"custody/decision/1 "
    assert second_reader.canonical_json(fields) == text
    assert hashlib.sha256(message).hexdigest() == KAT["decision"]["digests"][at]
    assert second_curves.ed25519_holds(
        bytes.fromhex(fields["key"].removeprefix("ed25519:")),
        message,
        base64.b64decode(encoded),
    )
    assert (fields["kind"] == "enrolment") is (fields["key"] == fields["subject"])


_LINE = {"last_day", "legal_basis", "level", "number", "rule"}
_OF_FORM = {
    1: ({"dataset", "on", "policy"}, _LINE),
    2: ({"dataset", "on", "policy"}, _LINE | {"versions"}),
    3: ({"dataset", "on", "policy", "ordinal"}, _LINE | {"versions"}),
}
"""What a head, and a line of a whole customer, says in each form."""


@pytest.mark.parametrize("at", range(3))
def test_second_reader_reads_the_plans(at: int) -> None:
    """Form, digest and canonical lines, with nothing of the package's."""
    vector = KAT["plans"][at]
    head, *lines = vector["lines"]
    prefix, text = head[:15], head[15:]
    fields = [json.loads(line) for line in (text, *lines)]
    of_head, of_whole = _OF_FORM[vector["form"]]

    assert vector["form"] == at + 1
    assert prefix == f"custody/plan/{vector['form']} "
    for line, told in zip((text, *lines), fields, strict=True):
        assert second_reader.canonical_json(told) == line.encode()
    assert fields[0].keys() == of_head
    assert fields[1].keys() == of_whole
    for told in fields[2:]:
        assert told.keys() == of_whole | {"part"}
        assert type(told["versions"]) is int
    content = "".join(f"{line}\n" for line in vector["lines"]).encode()
    assert hashlib.sha256(content).hexdigest() == vector["digest"]


def _root(leaves: list[bytes]) -> bytes:
    """Return the Merkle root by RFC 9162's own recursion."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    both = _root(leaves[:split]) + _root(leaves[split:])
    return hashlib.sha256(b"\x01" + both).digest()


@pytest.mark.parametrize("kind", ["destruction", "closing"])
def test_second_reader_reads_the_certificates(kind: str) -> None:
    """Id and signature over the canonical form, with nothing of the package's."""
    content = json.loads(KAT["certificate"][kind])
    stated = json.dumps(
        content["certificate"],
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )
    signed = b"custody/certificate/1 " + stated.encode()
    key = bytes.fromhex(content["origin"].removeprefix("ed25519:"))

    assert content["certificate"]["kind"] == kind
    assert hashlib.sha256(signed).hexdigest() == KAT["certificate"][f"{kind}_id"]
    assert hashlib.sha256(key).hexdigest() == KAT["certificate"]["fingerprint"]
    assert second_curves.ed25519_holds(
        key, signed, base64.b64decode(content["signature"])
    )


def test_second_reader_finds_a_receipt_in_the_annex() -> None:
    """The commitment by HMAC, its line, and the root that was signed."""
    head, *lines = KAT["certificate"]["annex"].splitlines()
    content = json.loads(KAT["certificate"]["receipt"])
    mine, stated = content["receipt"], content["certificate"]["certificate"]
    own = hmac.digest(
        bytes.fromhex(mine["salt"]), mine["number"].encode(), "sha256"
    ).hex()

    assert head == "custody/annex/1"
    assert lines[mine["index"]] == own
    assert lines == sorted(lines)
    assert stated["destruction"]["commitments"] == {
        "count": len(lines),
        "root": _root([bytes.fromhex(line) for line in lines]).hex(),
    }
