"""Writes `kat.json`: `python -m tests.vectors.make_kat > tests/vectors/kat.json`.

Formats are frozen: run it to add a vector, never to change one.  The keys are
counted bytes and the values are invented.
"""

import datetime as dt
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from custody.crypto import (
    blindindex,
    cs1,
    escrow,
    keyrecord,
    recovery,
    signing,
    suppression,
)
from custody.crypto import suites as cipher
from custody.crypto.framing import context
from custody.domain.canonical import encode_fields
from custody.domain.certificate_check import Receipt, write_receipt
from custody.domain.certificate_form import sign_certificate, write_certificate
from custody.domain.commitments import commit, prove, write_annex
from custody.domain.decisions import Decision, DecisionKind, write_decision
from custody.domain.ledger import BodyValue, Signer, origin_of, write_line
from custody.domain.levels import Level
from custody.domain.people import Role
from custody.domain.plan_form import (
    FIRST_FORMAT,
    SECOND_FORMAT,
    PlanDigest,
    PlanHead,
    plan_lines,
)
from custody.domain.retention_plan import Due, UpTo
from custody.domain.suppression import match_key_name
from tests.builders.certificates import (
    ANNEX,
    PEOPLE,
    PIN,
    certificate,
    closing_certificate,
    signer,
)

DATASET, LEVEL, EPOCH = "customers", "high", "live/high/1"
FIELDS = {"remark": "", "full_name": "样例甲", "phone": "+8610000000000"}


@dataclass(frozen=True)
class Example:
    """A ledger draft."""

    kind: str
    subject: str
    body: Mapping[str, BodyValue] = field(default_factory=dict)


def counted(start: int, count: int) -> bytes:
    """Return `count` bytes that count up from `start`."""
    return bytes((start + at) % 256 for at in range(count))


def sealed_values() -> list[dict[str, object]]:
    """Return values and key records of both suites."""
    vectors: list[dict[str, object]] = []
    handle, encoding = counted(0x10, 16), encode_fields(FIELDS)
    bound = context(dataset=DATASET, level=LEVEL, handle=handle)
    for suite in cipher.SUITES:
        data_key, wrapping_key = counted(0x40, 32), counted(0x80, 32)
        value = cs1.seal_with(
            data_key,
            salt=counted(0x20, 16),
            bound=bound,
            encoding=encoding,
            suite=suite,
        )
        binding = keyrecord.binding(
            dataset=DATASET,
            level=LEVEL,
            handle=handle,
            epoch=EPOCH,
            key_id=value.key_id,
        )
        record = keyrecord.wrap_with(
            counted(0xC0, 12),
            wrapping_key=wrapping_key,
            data_key=data_key,
            bound=binding,
            suite=suite,
        )
        vectors.append(
            {
                "suite": suite,
                "dataset": DATASET,
                "level": LEVEL,
                "epoch": EPOCH,
                "handle": handle.hex(),
                "fields": FIELDS,
                "salt": counted(0x20, 16).hex(),
                "encoding": encoding.hex(),
                "data_key": data_key.hex(),
                "key_id": value.key_id.hex(),
                "sealed": value.sealed.hex(),
                "digest": value.digest.hex(),
                "wrapping_key": wrapping_key.hex(),
                "nonce": counted(0xC0, 12).hex(),
                "wrapped": record.hex(),
            }
        )
    return vectors


def token_vectors() -> list[dict[str, str]]:
    """Return a field token and a row token."""
    root, index_key = counted(1, 32), counted(2, 32)
    vectors = []
    for name, value in (
        ("phone", FIELDS["phone"].encode()),
        ("row/high", encode_fields(FIELDS)),
    ):
        own = blindindex.field_key(root, dataset=DATASET, field=name)
        (token,) = blindindex.tokens(index_key=index_key, field_key=own, values=[value])
        vectors.append(
            {
                "root": root.hex(),
                "index_key": index_key.hex(),
                "dataset": DATASET,
                "field": name,
                "value": value.hex(),
                "token": token.hex(),
            }
        )
    return vectors


def suppression_vectors() -> list[dict[str, object]]:
    """Return the marks of a match key of one field, and of one of two."""
    root, key = counted(1, 32), counted(3, 32)
    values = {"birth_date": "1990-01-02", "customer_name": FIELDS["full_name"]}
    vectors: list[dict[str, object]] = []
    for fields in (("phone",), ("customer_name", "birth_date")):
        known = {name: values.get(name, FIELDS["phone"]) for name in fields}
        name = match_key_name(fields)
        inner = b"".join(
            blindindex.inner_values(
                field_key=blindindex.field_key(root, dataset=DATASET, field=one),
                values=[known[one].encode()],
            )[0]
            for one in name.split("+")
        )
        (token,) = suppression.suppression_tokens(
            key=key, dataset=DATASET, match_key=name, inners=[inner]
        )
        vectors.append(
            {
                "root": root.hex(),
                "key": key.hex(),
                "dataset": DATASET,
                "match_key": name,
                "values": known,
                "token": token.hex(),
            }
        )
    return vectors


def recovery_vector() -> dict[str, str]:
    """Return a medium's secret, its identities and an escrow to it."""
    secret = counted(5, 32)
    own = recovery.derive_identities(secret, medium="example")
    sealed = escrow.seal_escrow(own.hpke_public, epoch=EPOCH, key=counted(0x80, 32))
    return {
        "secret": secret.hex(),
        "secret_text": recovery.secret_to_text(secret),
        "medium": "example",
        "age_identity": own.age_identity,
        "age_recipient": own.age_recipient,
        "hpke_private": own.hpke_private.hex(),
        "hpke_public": own.hpke_public.hex(),
        "epoch": EPOCH,
        "key": counted(0x80, 32).hex(),
        "escrow": sealed.hex(),
    }


def ledger_vector() -> dict[str, object]:
    """Return a ledger of two lines."""
    private = counted(9, 32)
    signer = Signer(
        origin=origin_of(signing.public_key_of(private)),
        sign=lambda message: signing.sign_labelled(private, message),
    )
    drafts = (
        Example("admitted", "example/2026-01-02/1", {"rows": 3, "signed": True}),
        Example("refused", "example/2026-01-02/2", {"reasons": ["replay", "重复"]}),
    )
    lines: list[bytes] = []
    for at, draft in enumerate(drafts):
        moment = dt.datetime(2026, 1, 2, 3, 4, at, 567, dt.UTC)
        last = lines[-1] if lines else None
        lines.append(write_line(draft, last=last, moment=moment, signer=signer))
    return {
        "private_key": private.hex(),
        "fingerprint": signing.fingerprint(signing.public_key_of(private)),
        "lines": [line.decode() for line in lines],
    }


def signature_vector() -> dict[str, str]:
    """Return a manifest signature."""
    private, message = counted(9, 32), b'{"version":1}'
    return {
        "public_key": signing.public_key_of(private).hex(),
        "label": signing.MANIFEST_LABEL,
        "message": message.hex(),
        "signature": signing.sign(private, message, label=signing.MANIFEST_LABEL).hex(),
    }


def decision_vector() -> dict[str, object]:
    """Return a key that is shown, and an approval."""
    private = counted(11, 32)
    key = origin_of(signing.public_key_of(private))
    shown = Decision(
        kind=DecisionKind.ENROLMENT,
        subject=key,
        dataset=DATASET,
        person="example",
        role=None,
        key=key,
        made_at=dt.datetime(2026, 1, 2, 3, 4, 5, 678, dt.UTC),
        expires_at=dt.datetime(2026, 2, 1, 3, 4, 5, 678, dt.UTC),
        nonce=counted(1, 16),
        reason="",
    )
    approval = replace(
        shown,
        kind=DecisionKind.DESTRUCTION_APPROVAL,
        subject=counted(0x20, 32).hex(),
        role=Role.EXECUTIVE,
        reason="核对无误",
        of=counted(0x40, 32).hex(),
        count=3,
        larger=True,
    )
    signed = [
        write_decision(one, lambda text: signing.sign_labelled(private, text))
        for one in (shown, approval)
    ]
    return {
        "private_key": private.hex(),
        "lines": [one.line.decode() for one in signed],
        "digests": [one.digest for one in signed],
    }


def certificate_vectors() -> dict[str, object]:
    """Return both certificates, an annex, and the receipt of one customer."""
    number = "FI000003"
    proof = prove(ANNEX, commit(PEOPLE[number], number))
    assert proof is not None
    signed = sign_certificate(certificate(), signer())
    receipt = Receipt(
        certificate=signed, number=number, salt=PEOPLE[number], proof=proof
    )
    closing = sign_certificate(closing_certificate(), signer())
    return {
        "fingerprint": PIN,
        "destruction": write_certificate(signed).decode(),
        "destruction_id": signed.certificate_id,
        "closing": write_certificate(closing).decode(),
        "closing_id": closing.certificate_id,
        "annex": write_annex(ANNEX).decode(),
        "receipt": write_receipt(receipt).decode(),
    }


def plan_vectors() -> list[dict[str, object]]:
    """Return a plan of each form; the first one has nothing but whole customers."""
    whole = Due(
        number="FI2020000001",
        level=Level.HIGH,
        last_day=dt.date(2026, 1, 1),
        rule_id="financial",
        legal_basis="反洗钱法第34条",
    )
    replaced = replace(
        whole,
        number="XX2020000002",
        level=Level.LOW,
        rule_id="standard.superseded",
        up_to=UpTo("", 2),
    )
    other = replace(replaced, up_to=UpTo("信用", 11))
    head = PlanHead(
        on=dt.date(2026, 1, 2), policy=counted(0x20, 32).hex(), dataset=DATASET
    )
    plans = (
        (replace(head, form=FIRST_FORMAT), (whole,)),
        (replace(head, form=SECOND_FORMAT), (whole, replaced, other)),
        (replace(head, ordinal=2), (whole, replaced, other)),
    )
    vectors: list[dict[str, object]] = []
    for top, dues in plans:
        lines, digest = list(plan_lines(dues, top)), PlanDigest()
        for line in lines:
            digest.add(line)
        vectors.append({"form": top.form, "lines": lines, "digest": digest.hex()})
    return vectors


if __name__ == "__main__":
    json.dump(
        {
            "sealed_values": sealed_values(),
            "tokens": token_vectors(),
            "suppression": suppression_vectors(),
            "recovery": recovery_vector(),
            "ledger": ledger_vector(),
            "signature": signature_vector(),
            "decision": decision_vector(),
            "certificate": certificate_vectors(),
            "plans": plan_vectors(),
        },
        sys.stdout,
        indent=1,
        ensure_ascii=False,
    )
    sys.stdout.write("\n")
