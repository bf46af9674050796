"""Deliver: put files into the landing zone as one complete delivery."""

import datetime as dt
import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from custody.application.intake.pinned import digest_of
from custody.application.ports import DeliveryBook, Landing
from custody.crypto import signing
from custody.domain.delivery import (
    LAST_LANDED_SEQUENCE,
    DeliveryKey,
    Manifest,
    ManifestFile,
    Refusal,
)
from custody.domain.language import Text
from custody.domain.manifest import (
    MANIFEST_NAME,
    SIGNATURE_NAME,
    Malformed,
    format_manifest,
    key_of,
    parse_manifest,
)
from custody.domain.sources import SourceId
from custody.errors import ConflictError, DeliveryError

_ATTEMPTS = 20  # sequences tried when others deliver at the same time

Sign = Callable[[bytes], bytes]
_NO_SEQUENCE = Text(
    "{source_id}：没有空闲序号，请稍后再试",
    "{source_id}: no free sequence, try again later",
)
_SEQUENCES = Text("序号为 1 至 {last}", "a sequence is from 1 to {last}")


def signer(private_key: bytes) -> Sign:
    """Return what signs a manifest's exact bytes with a 32-byte Ed25519 seed."""

    def sign(manifest: bytes) -> bytes:
        return signing.sign(private_key, manifest, label=signing.MANIFEST_LABEL)

    return sign


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverFiles:
    """The use case; it admits nothing and asks nothing of the source."""

    landing: Landing
    book: DeliveryBook

    def __call__(
        self,
        source_id: str,
        files: Mapping[str, BinaryIO],
        *,
        business_date: dt.date,
        sequence: int | None = None,
        sign: Sign | None = None,
    ) -> DeliveryKey:
        """Write a delivery with its manifest, signed if `sign` is given.

        Without a sequence the next free one is taken.  The streams are seekable.
        ConflictError when the sequence asked for is taken, or none.
        """
        entries = tuple(_entry(name, content) for name, content in files.items())
        for attempt in range(_ATTEMPTS):
            key = DeliveryKey(
                source_id=SourceId(source_id),
                business_date=business_date,
                sequence=sequence
                or self._next_sequence(source_id, business_date) + attempt,
            )
            try:
                return self._put(key, files, entries, sign)
            except ConflictError:
                if sequence is not None:
                    raise
        raise _NO_SEQUENCE.as_error(ConflictError, source_id=source_id)

    def given(
        self,
        files: Mapping[str, BinaryIO],
        *,
        manifest: bytes,
        signature: bytes,
    ) -> DeliveryKey:
        """Write a delivery whose sender made manifest and signature.

        DeliveryError `manifest_malformed` when it names no place to put it; all
        else is left to admission.
        """
        parsed = parse_manifest(manifest)
        if isinstance(parsed, Malformed):
            raise DeliveryError(Refusal.MANIFEST_MALFORMED, column=parsed.key)
        key = key_of(parsed)
        self.landing.put(
            key,
            {
                **files,
                SIGNATURE_NAME: io.BytesIO(signature),
                MANIFEST_NAME: io.BytesIO(manifest),
            },
        )
        return key

    def _put(
        self,
        key: DeliveryKey,
        files: Mapping[str, BinaryIO],
        entries: tuple[ManifestFile, ...],
        sign: Sign | None,
    ) -> DeliveryKey:
        if DeliveryKey.parse(key.delivery_id) is None or key.reclassifies:
            raise _SEQUENCES.as_error(ConflictError, last=LAST_LANDED_SEQUENCE)
        manifest = format_manifest(
            Manifest(
                source_id=key.source_id,
                sequence=key.sequence,
                business_date=key.business_date,
                not_before=None,
                not_after=None,
                files=entries,
                schema=None,
            )
        )
        for content in files.values():
            content.seek(0)
        own = {} if sign is None else {SIGNATURE_NAME: io.BytesIO(sign(manifest))}
        self.landing.put(key, {**files, **own, MANIFEST_NAME: io.BytesIO(manifest)})
        return key

    def _next_sequence(self, source_id: str, business_date: dt.date) -> int:
        """Return one more than the highest that lies there or was ever known."""
        landed = [
            key.sequence
            for key in self.landing.deliveries(source_id)
            if key.business_date == business_date
        ]
        known = self.book.list(source_id=source_id, business_date=business_date)
        taken = [*landed, *(record.key.sequence for record in known)]
        senders = (one for one in taken if one <= LAST_LANDED_SEQUENCE)
        return 1 + max(senders, default=0)


def _entry(name: str, content: BinaryIO) -> ManifestFile:
    content.seek(0)
    digest = digest_of(content)
    size = content.seek(0, os.SEEK_END)
    return ManifestFile(name=name, sha256=digest, size=size, rows=None)
