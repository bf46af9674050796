"""The scanner finds what is planted, in every encoding and container."""

import base64
import gzip
import io
import os
import random
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from tests.faults.canaries import ENCODINGS, KINDS, Canary, draw
from tests.faults.scanner import CHUNK, Finding, Scanner
from tests.faults.seams import PAGE

CANARIES = draw(20261123, "control")


def _zstd(content: bytes) -> bytes:
    packed: bytes = pa.compress(content, "zstd", asbytes=True)
    return packed


def _zip(content: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", content)
    return whole.getvalue()


CONTAINERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "zstd": _zstd,
    "zip": _zip,
    "zstd in gzip": lambda content: gzip.compress(_zstd(content)),
}


SCANNER = Scanner(CANARIES.values())


def scan(content: bytes) -> list[Finding]:
    """Return what is found of the control's canaries in a buffer."""
    return list(SCANNER.scan_bytes(content, "here"))


def planted(canary: Canary, encoding: str) -> list[bytes]:
    """Return every spelling of a canary, amid other text."""
    return [b"before " + text + b" after" for text in ENCODINGS[encoding](canary.value)]


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_each_value_is_found_in_each_encoding(encoding: str, container: str) -> None:
    missed = set()
    for kind in KINDS:
        for content in planted(CANARIES[kind], encoding):
            noise = os.urandom(3000)
            whole = noise + CONTAINERS[container](noise + content + noise) + noise
            found = {finding.canary for finding in scan(whole)}
            missed |= set() if CANARIES[kind] in found else {kind}

    assert missed == set()


@pytest.mark.parametrize("offset", range(-20, 3))
def test_a_value_across_the_end_of_a_chunk_is_found_once(offset: int) -> None:
    value = CANARIES["resident_id"].value.encode()
    content = bytearray(CHUNK + 100)
    content[CHUNK + offset : CHUNK + offset + len(value)] = value

    found = scan(bytes(content))

    assert [(one.offset, one.canary.kind) for one in found] == [
        (CHUNK + offset, "resident_id")
    ]


@pytest.mark.parametrize("before", range(1, 12))
def test_a_value_cut_by_a_page_header_of_the_log_is_found(
    tmp_path: Path, before: int
) -> None:
    """And only as one of the log: in any other folder the cut stays a cut."""
    canary = CANARIES["email"]
    text = canary.value.encode()
    cut = text[:before].rjust(PAGE, b".") + b"\xff" * 24 + text[before:]
    for folder in ("pg_wal", "base"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1").write_bytes(cut.ljust(2 * PAGE, b"."))

    found = list(Scanner([canary]).scan_tree(tmp_path))

    assert [one.place for one in found] == [f"{tmp_path.name}/pg_wal/1+{PAGE}:seam"]


def test_a_damaged_member_gives_up_its_begin() -> None:
    text = (CANARIES["email"].value + " ") * 2000 + "".join(
        map(str, random.Random(1).choices(range(10), k=200_000))  # noqa: S311
    )

    for packed in (gzip.compress(text.encode()), _zstd(text.encode())):
        found = scan(packed[: len(packed) // 2])

        assert {one.canary.kind for one in found} == {"email"}


def test_base64_is_found_at_every_offset() -> None:
    for before in range(7):
        content = b"x" * before + CANARIES["phone"].value.encode() + b"tail"

        found = scan(base64.b64encode(content))

        assert [one.encoding for one in found] == ["base64"]


def test_names_of_files_are_scanned_and_links_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text(CANARIES["phone"].value, encoding="utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / CANARIES["email"].value).touch()
    (folder / "link").symlink_to(outside)

    found = list(Scanner(CANARIES.values()).scan_tree(folder))

    assert [one.canary.kind for one in found] == ["email"]
    assert not any(CANARIES["email"].value in str(one) for one in found)


def test_random_and_other_data_give_no_finding() -> None:
    other = draw(1, "control")
    content = (
        os.urandom(1_000_000)
        + "".join(canary.value for canary in other.values()).encode() * 100
    )

    assert scan(content) == []


def test_a_finding_does_not_tell_the_value() -> None:
    canary = CANARIES["phone"]

    (found,) = scan(canary.value.encode())

    assert canary.value not in f"{found} {found!r}"


def test_forty_times_the_values_cost_no_forty_times_the_time() -> None:
    """Coarse on purpose: each test brings a dozen values for each of its steps."""
    content = os.urandom(8 * 1024 * 1024)
    many = [one for n in range(40) for one in draw(n, "many").values()]

    def seconds(scanner: Scanner) -> float:
        begin = time.perf_counter()
        assert list(scanner.scan_bytes(content, "here", depth=9)) == []
        return time.perf_counter() - begin

    few_seconds = seconds(Scanner(CANARIES.values()))
    assert seconds(Scanner(many)) < 20 * few_seconds + 1
