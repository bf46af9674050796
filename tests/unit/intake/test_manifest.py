"""A manifest is read strictly and written so that it is read back."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.domain.admission import Landed, Signature, is_plain_name, judge
from custody.domain.delivery import Manifest, ManifestFile, Refusal
from custody.domain.manifest import Malformed, format_manifest, parse_manifest
from custody.domain.reason import is_fit_reason
from custody.domain.sources import SourceId
from tests.builders.deliveries import DAY, MOMENT, delivery_key
from tests.builders.policies import source

GOOD = {
    "version": 1,
    "source": "partner",
    "sequence": 3,
    "business_date": "2026-11-23",
    "not_before": "2026-11-23T00:00:00+08:00",
    "not_after": None,
    "files": [{"name": "a.csv", "sha256": "ab" * 32, "size": 7, "rows": None}],
    "schema": None,
}


def _fault(**changes: object) -> Malformed:
    found = parse_manifest(json.dumps({**GOOD, **changes}).encode())
    assert isinstance(found, Malformed)
    return found


def test_a_good_manifest_is_read() -> None:
    found = parse_manifest(json.dumps(GOOD).encode())

    assert isinstance(found, Manifest)
    assert (found.source_id, found.sequence) == ("partner", 3)
    assert found.files[0].size == 7


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("version", 2),
        ("version", True),
        ("source", "../etc"),
        ("source", "a b"),
        ("source", ""),
        ("source", "\u0430pproved"),  # a homoglyph
        ("sequence", 0),
        ("sequence", True),
        ("sequence", 1.0),
        ("sequence", "1"),
        ("sequence", 2**60),
        ("sequence", 1_000_000_000),
        ("business_date", "20261123"),
        ("business_date", "2026-02-30"),
        ("business_date", "2026-11-23T00:00:00"),
        ("not_before", "2026-11-23T00:00:00"),
        ("not_before", "soon"),
        ("not_after", "2020-01-01T00:00:00+00:00"),
        ("files", {}),
        ("files", [1]),
        ("files", GOOD["files"] * 2),  # type: ignore[operator]
        ("schema", 1),
    ],
)
def test_a_wrong_value_is_refused_by_its_key(key: str, value: object) -> None:
    fault = _fault(**{key: value})

    assert fault.key.startswith(key)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sha256", "AB" * 32),
        ("sha256", "ab"),
        ("size", -1),
        ("size", None),
        ("rows", "7"),
        ("name", ""),
        ("path", "x"),
    ],
)
def test_a_wrong_file_entry_is_refused_by_its_place(key: str, value: object) -> None:
    entry = {"name": "a.csv", "sha256": "ab" * 32, "size": 7, "rows": None, key: value}

    fault = _fault(files=[entry])

    assert fault.key.startswith("files[0]")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not_json"),
        (b"\xff", "not_json"),
        (b"\xef\xbb\xbf{}", "not_json"),
        (b"[]", "not_an_object"),
        (b'{"version": 1, "version": 1}', "duplicate_key"),
        (b'{"version": NaN}', "not_a_number"),
        (b'{"version": 1}', "missing"),
        (b'{"nobody": 1}', "unknown_key"),
        (b"[" * 100_000, "not_json"),
        (b" " * (1024 * 1024 + 1), "too_large"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(
    content: bytes, problem: str
) -> None:
    found = parse_manifest(content)

    assert isinstance(found, Malformed)
    assert found.problem == problem


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_bytes_make_the_parser_raise(content: bytes) -> None:
    found = parse_manifest(content)

    assert isinstance(found, Manifest | Malformed)


@given(
    st.integers(min_value=1, max_value=899_999_999),
    st.dates(min_value=dt.date(1000, 1, 1)),
    st.lists(st.text("abc.-_", min_size=1, max_size=9), unique=True, max_size=4),
    st.datetimes(timezones=st.just(dt.UTC)) | st.none(),
)
def test_what_is_written_is_read_back(
    sequence: int, date: dt.date, names: list[str], moment: dt.datetime | None
) -> None:
    manifest = Manifest(
        source_id=SourceId("partner"),
        sequence=sequence,
        business_date=date,
        not_before=moment,
        not_after=None,
        files=tuple(
            ManifestFile(name=name, sha256="0f" * 32, size=1, rows=2) for name in names
        ),
        schema=None,
    )

    found = parse_manifest(format_manifest(manifest))

    assert found == manifest


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".hidden",
        "-rf",
        "a/b",
        "a\\b",
        "a\0b",
        "a\nb",
        "a b",
        "客户.csv",
        "x" * 129,
        "manifest.json",
        "MANIFEST.JSON",
        "manifest.sig",
        "a\n",
    ],
)
def test_a_name_with_a_surprise_is_not_plain(name: str) -> None:
    assert not is_plain_name(name)


def test_an_empty_list_of_checks_refuses() -> None:
    landed = Landed(
        key=delivery_key(),
        source=source(),
        manifest=None,
        signature=Signature.GOOD,
        present={},
        now=MOMENT,
        today=DAY,
        max_landed_bytes=1,
    )

    reasons = judge(landed, ())

    assert reasons == (Refusal.UNCHECKED,)


@pytest.mark.parametrize(
    ("reason", "fit"),
    [
        ("columns agreed with the partner", True),
        ("列已与合作方确认", True),
        ("", False),
        ("   ", False),
        ("two\nlines", False),
        ("x" * 201, False),
        ("call 138 0013 8000", False),
        ("ask someone@example.com", False),
    ],
)
def test_a_reason_for_the_ledger_names_no_person(
    reason: str,
    fit: bool,  # noqa: FBT001 - a row of the table
) -> None:
    assert is_fit_reason(reason) is fit
