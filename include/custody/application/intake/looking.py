"""Looking: what is found out about a landed delivery before it is judged."""

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from custody.application.intake.contents import contents_of, sha256_of
from custody.application.ports import (
    DeliveryBook,
    DeliveryRecord,
    Landing,
    Reached,
    pass_by,
)
from custody.crypto import signing
from custody.domain.admission import (
    CONTENT_CHECKS,
    FOLDER_CHECKS,
    Landed,
    Signature,
    judge,
)
from custody.domain.delivery import DeliveryKey, DeliveryState, Refusal
from custody.domain.manifest import (
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    SIGNATURE_BYTES,
    SIGNATURE_NAME,
    Malformed,
    parse_manifest,
)
from custody.domain.policy import Policy
from custody.domain.sources import Source
from custody.errors import DeliveryError

Verify = Callable[[bytes, bytes, bytes], bool]
"""Public key, message, signature: whether they belong together."""


def is_signed(public_key: bytes, manifest: bytes, signature: bytes) -> bool:
    """Whether the manifest's exact bytes were signed with the key (docs/formats.md)."""
    return signing.verify(public_key, manifest, signature, label=signing.MANIFEST_LABEL)


@dataclass(frozen=True, slots=True)
class Looking:
    """Reads one folder of the landing zone; changes nothing."""

    policy: Policy
    landing: Landing
    book: DeliveryBook
    verify: Verify
    key: DeliveryKey
    reached: Reached = pass_by

    def manifest(self) -> bytes:
        """Return the manifest's bytes, cut off behind the most there may be."""
        return self._read(MANIFEST_NAME, MAX_MANIFEST_BYTES + 1) or b""

    def judge(
        self, manifest: bytes, now: dt.datetime
    ) -> tuple[Landed, tuple[Refusal, ...]]:
        """Return what was found and every reason against it; () admits.

        The files are hashed only when their folder is in order.
        """
        self.reached("verify_manifest.before")
        landed = self._look(manifest, now)
        self.reached("verify_manifest.after")
        reasons = judge(landed, FOLDER_CHECKS)
        if reasons:
            return landed, reasons
        self.reached("hash.before")
        landed = dataclasses.replace(
            landed,
            digests={
                file.name: sha256_of(self.landing, self.key, file.name)
                for file in landed.named
            },
            seen_elsewhere=self._is_replay(landed),
        )
        self.reached("hash.after")
        return landed, judge(landed, CONTENT_CHECKS)

    def judge_again(self, digest: str, known: DeliveryRecord) -> Refusal | None:
        """Return why a known place must be sealed away; None: it may stay or go.

        `digest` is the manifest's.  What was erased and lies there again is gone
        for good when it is erased again: so only if its like was recorded.  What a
        killed run left to be erased is compared with the files of its record; what
        admission itself refused has none there, and only its manifest speaks.
        """
        refused = known.state is DeliveryState.QUARANTINED
        if digest != known.manifest_digest:
            return Refusal.PLACE_TAKEN if refused else Refusal.REPLAY
        if known.erased_at is None and not (refused and known.files):
            return None
        nothing_to_compare = refused and known.erased_at is not None
        if nothing_to_compare or self._has_other_files(known):
            return Refusal.PLACE_TAKEN
        return None

    def _has_other_files(self, known: DeliveryRecord) -> bool:
        most = self.policy.max_landed_bytes
        return contents_of(self.landing, self.key, most=most).has_other_files(known)

    def _look(self, manifest: bytes, now: dt.datetime) -> Landed:
        source = self.policy.source(self.key.source_id)
        parsed = parse_manifest(manifest)
        return Landed(
            key=self.key,
            source=source,
            manifest=None if isinstance(parsed, Malformed) else parsed,
            signature=self._signature(source, manifest),
            present={
                file.name: file.size
                for file in self.landing.files(self.key)
                if file.name not in {MANIFEST_NAME, SIGNATURE_NAME}
            },
            now=now,
            today=self.policy.today(now),
            max_landed_bytes=self.policy.max_landed_bytes,
        )

    def _signature(self, source: Source | None, manifest: bytes) -> Signature:
        if source is None or not (source.signature_required or source.signing_keys):
            return Signature.NOT_DEMANDED
        signature = self._read(SIGNATURE_NAME, SIGNATURE_BYTES + 1)
        if signature is None:
            return Signature.MISSING
        good = len(signature) == SIGNATURE_BYTES and any(
            self.verify(bytes.fromhex(key), manifest, signature)
            for key in source.signing_keys
        )
        return Signature.GOOD if good else Signature.WRONG

    def _is_replay(self, landed: Landed) -> bool:
        """Whether a file came before; of a bundle all: a side may stay as it was."""
        digests = [file.sha256 for file in landed.named]
        if landed.source is None or landed.source.bundle is None:
            return self._is_seen(digests)
        return bool(digests) and all(self._is_seen([digest]) for digest in digests)

    def _is_seen(self, digests: Sequence[str]) -> bool:
        """Whether another delivery of the source, let in before, brought a file."""
        other = self.book.seen(self.key.source_id, digests)
        if other is None or other == self.key.delivery_id:
            return False
        record = self.book.find(other)
        return record is not None and record.state is not DeliveryState.QUARANTINED

    def _read(self, name: str, most: int) -> bytes | None:
        """Return at most so many bytes of an object; None if absent or no file."""
        try:
            with self.landing.open(self.key, name) as stream:
                return stream.read(most)
        except (DeliveryError, KeyError):
            return None
