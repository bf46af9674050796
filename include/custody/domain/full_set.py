"""A full set: everything sealed, in objects on one medium, and its signed manifest.

The manifest is one line, as a ledger head is: `custody/fullset/1 `, one canonical
JSON object, a blank, and the base64 Ed25519 signature of the ledger's key over
everything before that blank (docs/formats.md).
"""

import base64
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from custody.domain.ledger import SIGNATURE_BYTES, Signer, key_of
from custody.domain.ledger_check import Verify, fingerprint
from custody.errors import EvidenceError

PREFIX = b"custody/fullset/1 "
_MALFORMED = "the manifest of a full set is not in the form of docs/formats.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class FullSet:
    """What a manifest states: after which plan, how many values, their root.

    `objects` are path and SHA-256 (hex) of each object, in their order.
    """

    dataset: str
    medium: str
    plan: str
    values: int
    root: bytes
    objects: tuple[tuple[str, str], ...]


def write_manifest(full: FullSet, signer: Signer) -> bytes:
    """Return the signed line of a full set and one newline."""
    signed = PREFIX + _canonical(full, signer.origin)
    return signed + b" " + base64.b64encode(signer.sign(signed)) + b"\n"


def manifest_digest(manifest: bytes) -> str:
    """Return the SHA-256 of a manifest as it lies on a medium, in hex."""
    return hashlib.sha256(manifest).hexdigest()


def read_manifest(line: bytes, *, verify: Verify, pins: Collection[str]) -> FullSet:
    """Return what a manifest states; EvidenceError unless a pinned key signed it."""
    try:
        signed, _, encoded = line.removesuffix(b"\n").rpartition(b" ")
        signature = base64.b64decode(encoded, validate=True)
        fields = json.loads(signed.removeprefix(PREFIX))
        full, origin = _read(fields), str(fields["origin"])
        rebuilt = PREFIX + _canonical(full, origin)
        key = key_of(origin)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise EvidenceError(_MALFORMED) from None
    if rebuilt != signed or len(signature) != SIGNATURE_BYTES:
        raise EvidenceError(_MALFORMED)
    if fingerprint(key) not in pins or not verify(key, signed, signature):
        raise EvidenceError("the full set is not signed by a key that is trusted here")
    return full


def _read(fields: Mapping[str, object]) -> FullSet:
    objects = fields["objects"]
    if not isinstance(objects, list) or type(fields["values"]) is not int:
        raise TypeError
    parted = [str(one).rpartition(" ") for one in objects]
    return FullSet(
        dataset=str(fields["dataset"]),
        medium=str(fields["medium"]),
        plan=str(fields["plan"]),
        values=fields["values"],
        root=bytes.fromhex(str(fields["root"])),
        objects=tuple((path, digest) for path, _, digest in parted),
    )


def _canonical(full: FullSet, origin: str) -> bytes:
    fields = {
        "dataset": full.dataset,
        "medium": full.medium,
        "objects": [f"{path} {digest}" for path, digest in full.objects],
        "origin": origin,
        "plan": full.plan,
        "root": full.root.hex(),
        "values": full.values,
    }
    return json.dumps(
        fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    ).encode()
