"""Whether bytes are a plain .xlsx of bounded size; nothing is unpacked to tell."""

import io
import zipfile
from collections.abc import Sequence

from custody.adapters.readers import limits
from custody.errors import DeliveryError

ZIP = b"PK\x03\x04"
OLD_EXCEL = bytes.fromhex("d0cf11e0a1b11ae1")  # .xls, and .xlsx with a password


def judge_zip(content: bytes) -> None:
    """Refuse what is no plain .xlsx of bounded size; nothing is unpacked here."""
    if not content:
        raise DeliveryError("empty_file")
    if len(content) > limits.MAX_XLSX_BYTES:
        raise DeliveryError("workbook_too_large")
    if content.startswith(OLD_EXCEL):
        raise DeliveryError("old_excel_or_password")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        parts = []
    if not parts:
        raise DeliveryError("not_a_workbook")
    reason = _zip_fault(parts)
    if reason is not None:
        raise DeliveryError(reason)


def _zip_fault(parts: Sequence[zipfile.ZipInfo]) -> str | None:
    if any(part.flag_bits & 1 for part in parts):
        return "old_excel_or_password"
    if any(part.filename.endswith("vbaProject.bin") for part in parts):
        return "macros"
    unpacked = sum(part.file_size for part in parts)
    if (
        len(parts) > limits.MAX_XLSX_PARTS
        or unpacked > limits.MAX_XLSX_UNPACKED_BYTES
        or any(_is_bomb(part) for part in parts)
        or len({part.filename for part in parts}) != len(parts)
    ):
        return "zip_bomb"
    return None


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    return (
        part.file_size > limits.MIN_RATIO_BYTES
        and part.file_size > part.compress_size * limits.MAX_XLSX_RATIO
    )
