"""A destruction as it should be, to be spoiled one fact at a time; all invented."""

import datetime as dt

from custody.crypto import signing
from custody.domain.certificate import (
    Decided,
    Destruction,
    DestructionCertificate,
    LedgerPlace,
    Portion,
    certify,
)
from custody.domain.closing import Closing, ClosingCertificate, close
from custody.domain.commitments import commit, in_order, sum_up
from custody.domain.epochs import EpochId, Purpose
from custody.domain.ledger import Signer, origin_of
from custody.domain.levels import Level
from custody.domain.observations import (
    Copy,
    FullSetSeen,
    Listing,
    Method,
    Observation,
    Overwriting,
    Recovery,
    Result,
)

MEDIA = ("disk", "cloud")
LIVE, INDEX = EpochId(Purpose.LIVE, Level.HIGH, 1), EpochId(Purpose.INDEX, None, 1)
BEGUN = dt.datetime(2027, 3, 31, 1, 0, tzinfo=dt.UTC)
SEEN = BEGUN + dt.timedelta(hours=1)
ISSUED = BEGUN + dt.timedelta(hours=2)
LOCKED_UNTIL = dt.date(2027, 5, 5)
TAG = "a1" * 8
LATER = dt.datetime(2027, 5, 7, 3, 0, tzinfo=dt.UTC)
PRIVATE_KEY = bytes(range(32))
PIN = signing.fingerprint(signing.public_key_of(PRIVATE_KEY))

PEOPLE = {f"FI{at:06d}": bytes([at]) * 16 for at in range(1, 6)}
"""Customer number -> salt."""

ANNEX = in_order(commit(salt, number) for number, salt in PEOPLE.items())


def signer(private_key: bytes = PRIVATE_KEY) -> Signer:
    """Return the signer of certificates."""
    return Signer(
        origin=origin_of(signing.public_key_of(private_key)),
        sign=lambda message: signing.sign_labelled(private_key, message),
    )


def observed(  # noqa: PLR0913 - an observation has as many parts
    copy: Copy,
    where: str = "here",
    *,
    method: Method = Method.DELETED,
    result: Result = Result.GONE,
    overwriting: Overwriting = Overwriting.NOT_BY_DATABASE,
    seen_at: dt.datetime = SEEN,
    left: int = 0,
    until: dt.date | None = None,
    epoch: EpochId | None = None,
) -> Observation:
    """Return what was seen; gone unless it is said otherwise."""
    return Observation(
        copy=copy,
        where=where,
        method=method,
        result=result,
        overwriting=overwriting,
        seen_at=seen_at,
        left=left,
        until=until,
        epoch=epoch,
    )


def observations() -> tuple[Observation, ...]:
    """Return what is seen after a destruction that went well."""
    return (
        observed(Copy.ROWS, "warehouse"),
        observed(Copy.KEYS, "keyring"),
        observed(
            Copy.WRAPPING_KEY,
            "key folder",
            method=Method.OVERWRITTEN,
            overwriting=Overwriting.DONE,
            epoch=LIVE,
        ),
        observed(Copy.TOKENS, "warehouse"),
        observed(
            Copy.INDEX_KEY,
            "key folder",
            method=Method.OVERWRITTEN,
            overwriting=Overwriting.DONE,
            epoch=INDEX,
        ),
        observed(Copy.PROJECTION, "warehouse", method=Method.REWRITTEN),
        observed(Copy.LANDING, "landing", method=Method.NONE),
        observed(
            Copy.QUARANTINE,
            "quarantine",
            method=Method.DECLARED,
            result=Result.UNTIL,
            overwriting=Overwriting.NOT_BY_CUSTODY,
            left=2,
            until=dt.date(2027, 4, 20),
        ),
        *(
            observed(
                Copy.DATA_OBJECTS,
                medium,
                method=Method.KEY_DESTROYED,
                result=Result.UNREADABLE,
                overwriting=Overwriting.NOT_BY_CUSTODY,
                left=12,
            )
            for medium in MEDIA
        ),
        *(
            observed(
                Copy.ESCROWS,
                medium,
                method=Method.LOCK_RUNS_OUT,
                result=Result.UNTIL,
                overwriting=Overwriting.NOT_BY_CUSTODY,
                left=2,
                until=LOCKED_UNTIL,
            )
            for medium in MEDIA
        ),
        observed(
            Copy.SNAPSHOTS,
            "policy",
            method=Method.DECLARED,
            result=Result.UNTIL,
            overwriting=Overwriting.NOT_BY_CUSTODY,
            until=dt.date(2027, 4, 30),
        ),
        *(
            observed(
                copy,
                method=Method.NONE,
                result=result,
                overwriting=Overwriting.NOTHING_THERE,
            )
            for copy, result in (
                (Copy.LOGS, Result.NEVER_HELD),
                (Copy.AIRFLOW, Result.NEVER_HELD),
                (Copy.DOCUMENTS, Result.NO_SUCH_COPY),
                (Copy.BACKUP_SETS, Result.NO_SUCH_COPY),
            )
        ),
    )


def destruction() -> Destruction:
    """Return a destruction that went well."""
    return Destruction(
        dataset="customers",
        plan="11" * 32,
        on=dt.date(2027, 3, 31),
        policy="22" * 32,
        requested=Decided(
            person="zhou",
            role="security_reviewer",
            department="security",
            decision="33" * 32,
            at=BEGUN - dt.timedelta(days=2),
        ),
        approved=Decided(
            person="qian",
            role="executive",
            department="executive_office",
            decision="44" * 32,
            at=BEGUN - dt.timedelta(days=1),
        ),
        begun_at=BEGUN,
        customers=len(PEOPLE),
        portions=(
            Portion(
                level=Level.HIGH,
                rule_id="high-general",
                legal_basis="反洗钱法第三十四条",
                customers=4,
                values=9,
            ),
            Portion(
                level=Level.HIGH,
                rule_id="request",
                legal_basis="个人信息保护法第47条 (PIPL 47, deletion on request)",
                customers=1,
                values=1,
            ),
        ),
        epochs=(INDEX, LIVE),
        observations=observations(),
        recovery=Recovery(
            due=5,
            due_before=5,
            due_after=0,
            survivors=5,
            survivors_after=5,
            seen_at=SEEN,
        ),
        full_sets=tuple(
            FullSetSeen(
                medium=medium,
                manifest="55" * 32,
                values=100,
                root="66" * 32,
                seen_at=SEEN,
            )
            for medium in MEDIA
        ),
        commitments=sum_up(ANNEX),
        ledger=LedgerPlace(position=42, hash="77" * 32),
    )


def certificate(stated: Destruction | None = None) -> DestructionCertificate:
    """Return the certificate of a destruction."""
    made = certify(stated or destruction(), media=MEDIA, issued_at=ISSUED)
    assert isinstance(made, DestructionCertificate)
    return made


def closing() -> Closing:
    """Return what is seen when the last copies are gone."""
    return Closing(
        closes="88" * 32,
        certified=certificate(),
        listings=tuple(
            Listing(
                medium=medium,
                objects=30,
                markers=0,
                destroyed=0,
                living=4,
                seen_at=LATER - dt.timedelta(minutes=5),
            )
            for medium in MEDIA
        ),
        observations=(
            *(
                observed(
                    copy,
                    "key folder",
                    method=Method.OVERWRITTEN,
                    overwriting=Overwriting.DONE,
                    seen_at=LATER - dt.timedelta(minutes=9),
                    epoch=epoch,
                )
                for copy, epoch in ((Copy.WRAPPING_KEY, LIVE), (Copy.INDEX_KEY, INDEX))
            ),
            observed(
                Copy.QUARANTINE,
                "quarantine",
                method=Method.OVERWRITTEN,
                seen_at=LATER - dt.timedelta(minutes=8),
            ),
        ),
        ledger=LedgerPlace(position=60, hash="99" * 32),
    )


def closing_certificate() -> ClosingCertificate:
    """Return a closing certificate."""
    made = close(closing(), media=MEDIA, issued_at=LATER)
    assert isinstance(made, ClosingCertificate)
    return made
