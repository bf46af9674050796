"""A full set: everything sealed, in objects on one medium, and its signed manifest.

The manifest is one line, as a ledger head is: `custody/fullset/2 `, one canonical
JSON object, a blank, and the base64 Ed25519 signature of the ledger's key over
everything before that blank (docs/formats.md).  Version 1, which named neither
tables nor a moment, is read for ever and never written.
"""

import base64
import datetime as dt
import hashlib
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from custody.domain.language import Text
from custody.domain.ledger import SIGNATURE_BYTES, Signer, key_of
from custody.domain.ledger_check import Verify, fingerprint
from custody.errors import EvidenceError

PREFIX = b"custody/fullset/2 "
FORMER_PREFIX = b"custody/fullset/1 "
FOLDER = "full/"
MANIFEST = ".manifest"

_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_LEDGER = re.compile(r"[1-9][0-9]*:[0-9a-f]{64}")
_TABLE_PARTS = 5
_MALFORMED = Text(
    "备份集清单不符合 docs/formats.md 的格式",
    "the manifest of a full set is not in the form of docs/formats.md",
)
_FORMER_KEYS = ("dataset", "medium", "objects", "origin", "plan", "root", "values")
_UNTRUSTED = Text(
    "备份集不是由此处信任的密钥签名",
    "the full set is not signed by a key that is trusted here",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetTable:
    """One table of a set: its columns in their order, how many rows, and where."""

    name: str
    columns: tuple[str, ...]
    rows: int
    path: str
    sha256: str

    def __str__(self) -> str:
        """Return the text form: five parts, none of which has a blank."""
        columns = ",".join(self.columns)
        return f"{self.name} {columns} {self.rows} {self.path} {self.sha256}"

    @classmethod
    def parse(cls, text: str) -> "SetTable":
        """Read the text form; ValueError when it is not one."""
        parts = text.split(" ")
        if len(parts) != _TABLE_PARTS:
            raise ValueError(text)
        name, columns, rows, path, sha256 = parts
        return cls(
            name=name,
            columns=tuple(columns.split(",")),
            rows=int(rows),
            path=path,
            sha256=sha256,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FullSet:
    """What a manifest states: how many values, their root, and where they lie.

    `objects` are path and SHA-256 (hex) of each object of values, in their order;
    `plan` the digest of the destruction after which it was written, empty for a
    backup.  `made_at` is the moment of the snapshot, `ledger` the head (size and
    hash) that the ledger had in it, `epochs` whose escrows a restore needs,
    `missing` the intake days (source and date) that were not complete.  Sets of
    version 1 have none of these and no tables.
    """

    dataset: str
    medium: str
    plan: str
    values: int
    root: bytes
    objects: tuple[tuple[str, str], ...]
    tables: tuple[SetTable, ...] = ()
    made_at: dt.datetime | None = None
    ledger: str = ""
    epochs: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def on(
        self,
        medium: str,
        *,
        objects: Sequence[tuple[str, str]],
        tables: Sequence[SetTable],
    ) -> "FullSet":
        """Return the same set as it lies on one medium."""
        return replace(
            self, medium=medium, objects=tuple(objects), tables=tuple(tables)
        )

    def parts(self) -> Iterator[tuple[str, str]]:
        """Yield path and SHA-256 of every object that the set needs."""
        yield from self.objects
        for table in self.tables:
            yield table.path, table.sha256


def manifest_path(name: str) -> str:
    """Return where a medium keeps the manifest of a set."""
    return f"{FOLDER}{name}{MANIFEST}"


def objects_folder(name: str) -> str:
    """Return the folder in which a medium keeps the objects of a set."""
    return f"objects/{FOLDER}{name}/"


def write_manifest(full: FullSet, signer: Signer) -> bytes:
    """Return the signed line of a full set and one newline."""
    signed = PREFIX + _canonical(full, signer.origin)
    return signed + b" " + base64.b64encode(signer.sign(signed)) + b"\n"


def manifest_digest(manifest: bytes) -> str:
    """Return the SHA-256 of a manifest as it lies on a medium, in hex."""
    return hashlib.sha256(manifest).hexdigest()


def read_manifest(line: bytes, *, verify: Verify, pins: Collection[str]) -> FullSet:
    """Return what a manifest states; EvidenceError unless a pinned key signed it.

    Every byte counts, the newline at its end too.
    """
    try:
        signed, _, encoded = line.rstrip(b"\n").rpartition(b" ")
        signature = base64.b64decode(encoded, validate=True)
        former = signed.startswith(FORMER_PREFIX)
        prefix = FORMER_PREFIX if former else PREFIX
        fields = json.loads(signed.removeprefix(prefix))
        full, origin = _read(fields, former=former), str(fields["origin"])
        rebuilt = prefix + _canonical(full, origin, former=former)
        # Base64 has other ways to write the same bytes: none of them passes.
        whole = rebuilt + b" " + base64.b64encode(signature) + b"\n"
        key = key_of(origin)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _MALFORMED.as_error(EvidenceError) from None
    if whole != line or len(signature) != SIGNATURE_BYTES:
        raise _MALFORMED.as_error(EvidenceError)
    if fingerprint(key) not in pins or not verify(key, signed, signature):
        raise _UNTRUSTED.as_error(EvidenceError)
    return full


def _read(fields: Mapping[str, object], *, former: bool) -> FullSet:
    parted = [one.rpartition(" ") for one in _texts(fields["objects"])]
    if type(fields["values"]) is not int:
        raise TypeError
    full = FullSet(
        dataset=str(fields["dataset"]),
        medium=str(fields["medium"]),
        plan=str(fields["plan"]),
        values=fields["values"],
        root=bytes.fromhex(str(fields["root"])),
        objects=tuple((path, digest) for path, _, digest in parted),
    )
    return full if former else _told(full, fields)


def _told(full: FullSet, fields: Mapping[str, object]) -> FullSet:
    """Return a set with what version 1 did not tell."""
    ledger, moment = str(fields["ledger"]), str(fields["made_at"])
    if not _LEDGER.fullmatch(ledger):
        raise ValueError
    return replace(
        full,
        tables=tuple(map(SetTable.parse, _texts(fields["tables"]))),
        made_at=dt.datetime.strptime(moment, _TIME).replace(tzinfo=dt.UTC),
        ledger=ledger,
        epochs=tuple(_texts(fields["epochs"])),
        missing=tuple(_texts(fields["missing"])),
    )


def _texts(found: object) -> list[str]:
    if not isinstance(found, list):
        raise TypeError
    return [str(one) for one in found]


def _canonical(full: FullSet, origin: str, *, former: bool = False) -> bytes:
    fields: dict[str, object] = {
        "dataset": full.dataset,
        "epochs": list(full.epochs),
        "ledger": full.ledger,
        "made_at": "" if full.made_at is None else full.made_at.strftime(_TIME),
        "medium": full.medium,
        "missing": list(full.missing),
        "objects": [f"{path} {digest}" for path, digest in full.objects],
        "origin": origin,
        "plan": full.plan,
        "root": full.root.hex(),
        "tables": [str(table) for table in full.tables],
        "values": full.values,
    }
    if former:
        fields = {key: fields[key] for key in _FORMER_KEYS}
    return json.dumps(
        fields, ensure_ascii=False, separators=(",", ":"), sort_keys=True
    ).encode()
