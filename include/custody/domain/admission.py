"""The admission rule: which landed delivery may come in (R18, R19).

Pure: whoever asks has listed the folder, read the manifest, tested the signature
and hashed the files.  Two lists of checks, because the files are hashed only
when their folder is in order.  An empty list refuses: nothing asked is not
everything granted.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from custody.domain.delivery import DeliveryKey, Manifest, ManifestFile, Refusal
from custody.domain.manifest import MANIFEST_NAME, SIGNATURE_NAME, key_of
from custody.domain.sources import Source

MAX_NAME_BYTES = 128
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_RESERVED = {MANIFEST_NAME, SIGNATURE_NAME}


class Signature(StrEnum):
    """What was found of `manifest.sig`."""

    NOT_DEMANDED = "not_demanded"
    MISSING = "missing"
    WRONG = "wrong"
    GOOD = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """What is known of a landed delivery.

    `present`: name -> size (bytes) of every object but manifest and signature;
    `digests`: name -> SHA-256 (hex) of the files hashed so far, None where a file
    could not be read as a plain one; `manifest` None: it is malformed.
    """

    key: DeliveryKey
    source: Source | None
    manifest: Manifest | None
    signature: Signature
    present: Mapping[str, int]
    now: dt.datetime
    today: dt.date
    max_landed_bytes: int
    digests: Mapping[str, str | None] = field(default_factory=dict)
    seen_elsewhere: bool = False

    @property
    def named(self) -> tuple[ManifestFile, ...]:
        """Return the files that the manifest names."""
        return () if self.manifest is None else self.manifest.files


Check = Callable[[Landed], Iterator[Refusal]]


def judge(landed: Landed, checks: Sequence[Check]) -> tuple[Refusal, ...]:
    """Return every reason against the delivery, once each, in order; () admits."""
    if not checks:
        return (Refusal.UNCHECKED,)
    reasons = (reason for check in checks for reason in check(landed))
    return tuple(dict.fromkeys(reasons))


def is_plain_name(name: str) -> bool:
    """Whether a file name has no path, no control character and no surprise.

    ASCII letters, digits, `.`, `_`, `-`, beginning with a letter or digit.
    """
    plain = _PLAIN_NAME.fullmatch(name) is not None
    return plain and len(name) <= MAX_NAME_BYTES and name.lower() not in _RESERVED


def check_source(landed: Landed) -> Iterator[Refusal]:
    """Approved, and in force on the business date and today (R18, R19)."""
    if landed.source is None:
        yield Refusal.UNKNOWN_SOURCE
        return
    paper = landed.source.authorisation
    for day in (landed.key.business_date, landed.today):
        if not paper.valid_from <= day <= paper.valid_until:
            yield Refusal.SOURCE_NOT_IN_FORCE


def check_manifest(landed: Landed) -> Iterator[Refusal]:
    """Well-formed, at the place it names, within its own validity."""
    manifest = landed.manifest
    if manifest is None:
        yield Refusal.MANIFEST_MALFORMED
        return
    if key_of(manifest) != landed.key:
        yield Refusal.MANIFEST_PLACE
    if manifest.not_before is not None and landed.now < manifest.not_before:
        yield Refusal.NOT_YET
    if manifest.not_after is not None and landed.now > manifest.not_after:
        yield Refusal.EXPIRED


def check_signature(landed: Landed) -> Iterator[Refusal]:
    """Signed by one of the source's keys, where its policy demands that."""
    if landed.source is None:
        return
    demanded = landed.source.signature_required
    if landed.signature is Signature.WRONG:
        yield Refusal.SIGNATURE_WRONG
    elif demanded and landed.signature is not Signature.GOOD:
        yield Refusal.SIGNATURE_MISSING


def check_files(landed: Landed) -> Iterator[Refusal]:
    """Exactly the files named, under plain names, of the sizes named."""
    if landed.manifest is None:
        return
    named = {file.name: file for file in landed.named}
    if not named:
        yield Refusal.FILE_COUNT
    folded = {name.lower() for name in named}
    if len(folded) != len(named) or not all(map(is_plain_name, named)):
        yield Refusal.FILE_NAME
    if landed.present.keys() - named.keys():
        yield Refusal.FILE_EXTRA
    if named.keys() - landed.present.keys():
        yield Refusal.FILE_MISSING
    if any(
        landed.present[name] != file.size
        for name, file in named.items()
        if name in landed.present
    ):
        yield Refusal.FILE_SIZE


def check_landed_bytes(landed: Landed) -> Iterator[Refusal]:
    """Not more bytes in all than policy lets land."""
    if sum(landed.present.values()) > landed.max_landed_bytes:
        yield Refusal.FILE_TOO_LARGE


def check_digests(landed: Landed) -> Iterator[Refusal]:
    """Every file named was read as a plain file and is the one meant."""
    for file in landed.named:
        digest = landed.digests.get(file.name)
        if digest is None:
            yield Refusal.UNREADABLE
        elif digest != file.sha256:
            yield Refusal.FILE_DIGEST


def check_replay(landed: Landed) -> Iterator[Refusal]:
    """No file that another delivery of this source has brought already."""
    if landed.seen_elsewhere:
        yield Refusal.REPLAY


FOLDER_CHECKS: tuple[Check, ...] = (
    check_source,
    check_manifest,
    check_signature,
    check_files,
    check_landed_bytes,
)
CONTENT_CHECKS: tuple[Check, ...] = (check_digests, check_replay)
