"""The manifest of a delivery: its strict reading and its writing (docs/formats.md).

Whoever reads it leniently lets two readers see two manifests in one signed text:
so duplicate keys, unknown keys, wrong types and NaN are refused, by name.
"""

import contextlib
import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeVar

from custody.domain.delivery import (
    LAST_LANDED_SEQUENCE,
    DeliveryKey,
    Manifest,
    ManifestFile,
)
from custody.domain.sources import SourceId

MANIFEST_NAME = "manifest.json"
SIGNATURE_NAME = "manifest.sig"
MANIFEST_VERSION = 1
MAX_MANIFEST_BYTES = 1024 * 1024  # bytes
MAX_FILES = 1_000  # files of one delivery
SIGNATURE_BYTES = 64  # Ed25519, raw

_Value = TypeVar("_Value")

_SOURCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MAX_COUNT = 2**53 - 1  # the largest whole number every JSON reader keeps
_MAX_TEXT = 1_024  # characters of a name or schema


@dataclass(frozen=True, slots=True)
class Malformed:
    """Why a manifest is none: the dotted key at fault, and what is wrong with it."""

    key: str
    problem: str


class _FaultError(Exception):
    def __init__(self, key: str, problem: str) -> None:
        super().__init__(key)
        self.fault = Malformed(key, problem)


def is_plain_source_id(text: str) -> bool:
    """Whether a text can be a source's folder name."""
    return _SOURCE_ID.fullmatch(text) is not None


def key_of(manifest: Manifest) -> DeliveryKey:
    """Return the place that the manifest names."""
    return DeliveryKey(
        source_id=manifest.source_id,
        business_date=manifest.business_date,
        sequence=manifest.sequence,
    )


def parse_manifest(content: bytes) -> Manifest | Malformed:
    """Read the exact bytes of `manifest.json`."""
    if len(content) > MAX_MANIFEST_BYTES:
        return Malformed("manifest", "too_large")
    try:
        return _manifest(_object(_json(content), "manifest", _KEYS))
    except _FaultError as error:
        return error.fault


def format_manifest(manifest: Manifest) -> bytes:
    """Write a manifest; `parse_manifest` reads the same one back."""
    document = {
        "version": MANIFEST_VERSION,
        "source": manifest.source_id,
        "sequence": manifest.sequence,
        "business_date": manifest.business_date.isoformat(),
        "not_before": _moment_text(manifest.not_before),
        "not_after": _moment_text(manifest.not_after),
        "files": [
            {
                "name": file.name,
                "sha256": file.sha256,
                "size": file.size,
                "rows": file.rows,
            }
            for file in manifest.files
        ],
        "schema": manifest.schema,
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _moment_text(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


# --- JSON, strictly -----------------------------------------------------------


def _json(content: bytes) -> object:
    try:
        return json.loads(
            content.decode(),
            object_pairs_hook=_without_duplicates,
            parse_constant=_refuse_constant,
        )
    except (ValueError, RecursionError):
        pass
    raise _FaultError("manifest", "not_json")


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _FaultError("manifest", "duplicate_key")
    return found


def _refuse_constant(_name: str) -> NoReturn:
    raise _FaultError("manifest", "not_a_number")


def _object(value: object, key: str, known: Mapping[str, bool]) -> Mapping[str, object]:
    """Return an object with known keys only; `known` says which must be there."""
    if not isinstance(value, dict):
        raise _FaultError(key, "not_an_object")
    if not value.keys() <= known.keys():
        raise _FaultError(key, "unknown_key")
    missing = [name for name, needed in known.items() if needed and name not in value]
    if missing:
        raise _FaultError(f"{key}.{missing[0]}", "missing")
    return value


# --- the document -------------------------------------------------------------

_KEYS = {
    "version": True,
    "source": True,
    "sequence": True,
    "business_date": True,
    "not_before": False,
    "not_after": False,
    "files": True,
    "schema": False,
}
_FILE_KEYS = {"name": True, "sha256": True, "size": True, "rows": False}


def _manifest(document: Mapping[str, object]) -> Manifest:
    if document["version"] is True or document["version"] != MANIFEST_VERSION:
        raise _FaultError("version", "unknown_version")
    source = _text(document["source"], "source")
    if not is_plain_source_id(source):
        raise _FaultError("source", "not_a_source_id")
    manifest = Manifest(
        source_id=SourceId(source),
        sequence=_sequence(document["sequence"]),
        business_date=_date(document["business_date"]),
        not_before=_optional(document, "not_before", _moment),
        not_after=_optional(document, "not_after", _moment),
        files=_files(document["files"]),
        schema=_optional(document, "schema", _text),
    )
    begin, end = manifest.not_before, manifest.not_after
    if begin is not None and end is not None and end < begin:
        raise _FaultError("not_after", "before_not_before")
    return manifest


def _files(value: object) -> tuple[ManifestFile, ...]:
    if not isinstance(value, list) or len(value) > MAX_FILES:
        raise _FaultError("files", "not_a_list_of_at_most_1000")
    files = tuple(_file(item, f"files[{n}]") for n, item in enumerate(value))
    if len({file.name for file in files}) != len(files):
        raise _FaultError("files", "duplicate_name")
    return files


def _file(item: object, key: str) -> ManifestFile:
    entry = _object(item, key, _FILE_KEYS)
    digest = _text(entry["sha256"], f"{key}.sha256")
    if not _DIGEST.fullmatch(digest):
        raise _FaultError(f"{key}.sha256", "not_64_lower_hex_digits")
    rows = entry.get("rows")
    return ManifestFile(
        name=_text(entry["name"], f"{key}.name"),
        sha256=digest,
        size=_count(entry["size"], f"{key}.size", least=0),
        rows=None if rows is None else _count(rows, f"{key}.rows", least=0),
    )


def _optional(
    document: Mapping[str, object], key: str, read: Callable[[object, str], _Value]
) -> _Value | None:
    value = document.get(key)
    return None if value is None else read(value, key)


def _text(value: object, key: str) -> str:
    if not isinstance(value, str) or not value or len(value) > _MAX_TEXT:
        raise _FaultError(key, "not_a_text")
    return value


def _count(value: object, key: str, *, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _FaultError(key, "not_a_whole_number")
    if not least <= value <= _MAX_COUNT:
        raise _FaultError(key, "out_of_range")
    return value


def _sequence(value: object) -> int:
    sequence = _count(value, "sequence", least=1)
    if sequence > LAST_LANDED_SEQUENCE:
        raise _FaultError("sequence", "out_of_range")
    return sequence


def _date(value: object) -> dt.date:
    text = _text(value, "business_date")
    try:
        if _DATE.fullmatch(text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise _FaultError("business_date", "not_a_date")


def _moment(value: object, key: str) -> dt.datetime:
    text = _text(value, key)
    moment = None
    with contextlib.suppress(ValueError):
        moment = dt.datetime.fromisoformat(text)
    if moment is None or moment.tzinfo is None:
        raise _FaultError(key, "not_a_moment_with_offset")
    return moment
