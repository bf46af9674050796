"""Contents: what lies in a landed folder, by digest, and whether it was admitted."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from custody.application.intake.evidence import FirstBytes, Share, shares_of
from custody.application.intake.pinned import digest_of
from custody.application.ports import DeliveryRecord, Landing
from custody.domain.delivery import DeliveryKey
from custody.domain.manifest import MANIFEST_NAME, SIGNATURE_BYTES, SIGNATURE_NAME
from custody.errors import DeliveryError

UNREADABLE = "unreadable"
"""In place of a digest: a link, a device, a subfolder."""


@dataclass(frozen=True, slots=True)
class Contents:
    """SHA-256 (hex) and size of each object of a folder, by its name.

    Of more than could ever be admitted only the first bytes are hashed; what
    stands for such an object has its size too, and is no admitted file's digest.
    """

    digests: Mapping[str, str]
    sizes: Mapping[str, int]

    @property
    def digest(self) -> str:
        """A SHA-256 (hex) over every name and content."""
        content = json.dumps(sorted(self.digests.items()), ensure_ascii=True)
        return hashlib.sha256(content.encode()).hexdigest()

    def has_other_files(self, record: DeliveryRecord) -> bool:
        """Whether a file lies there that the delivery was not recorded with."""
        recorded = {file.name: file.sha256 for file in record.files}
        return any(
            recorded.get(name) != digest
            for name, digest in self.digests.items()
            if name not in {MANIFEST_NAME, SIGNATURE_NAME}
        )

    def has_anything_other(self, record: DeliveryRecord) -> bool:
        """As above, of the manifest too; a signature has its 64 bytes and no more."""
        manifest = self.digests.get(MANIFEST_NAME, record.manifest_digest)
        return (
            self.has_other_files(record)
            or manifest != record.manifest_digest
            or self.sizes.get(SIGNATURE_NAME, 0) > SIGNATURE_BYTES
        )


def contents_of(landing: Landing, key: DeliveryKey, *, most: int) -> Contents:
    """Read and hash the objects of a folder; `most` is as in `shares_of`."""
    files = landing.files(key)
    shares = shares_of(files, most=most)
    return Contents(
        {
            share.file.name: _digest(landing, key, share) or UNREADABLE
            for share in shares
        },
        {file.name: file.size for file in files},
    )


def sha256_of(landing: Landing, key: DeliveryKey, name: str) -> str | None:
    """Return a file's SHA-256 (hex); None for what is no plain file."""
    try:
        with landing.open(key, name) as stream:
            return digest_of(stream)
    except DeliveryError:
        return None


def _digest(landing: Landing, key: DeliveryKey, share: Share) -> str | None:
    try:
        with landing.open(key, share.file.name) as stream:
            return share.under(FirstBytes(stream, share.kept).digest())
    except DeliveryError:
        return None
