"""One contract for every landing zone: fake, folder, and S3 over HTTP."""

import datetime as dt
import io
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from custody.adapters.landing.choose import landing_of
from custody.adapters.landing.erasing import ERASING
from custody.adapters.landing.folder import FolderLanding
from custody.application.ports import Landing
from custody.domain.delivery import DeliveryKey
from custody.domain.sources import SourceId
from custody.errors import ConfigurationError, ConflictError, DeliveryError, WorldError
from tests.contract.conftest import BUCKET, client_of
from tests.fakes.landing import FakeLanding


@pytest.fixture(
    params=["fake", "folder", pytest.param("bucket", marks=pytest.mark.integration)]
)
def landing(request: pytest.FixtureRequest, tmp_path: Path) -> Landing:
    """Each landing zone in turn, empty."""
    if request.param == "fake":
        return FakeLanding()
    if request.param == "folder":
        return landing_of((tmp_path / "landing").as_uri())
    url = request.getfixturevalue("s3_url")
    return landing_of(f"s3://{BUCKET}/{tmp_path.name}/in", s3_endpoint_url=url)


def _key(sequence: int = 1, source: str = "website") -> DeliveryKey:
    return DeliveryKey(
        source_id=SourceId(source),
        business_date=dt.date(2026, 11, 23),
        sequence=sequence,
    )


def _files(**contents: bytes) -> dict[str, io.BytesIO]:
    named = {name.replace("_", "."): body for name, body in contents.items()}
    return {name: io.BytesIO(body) for name, body in named.items()}


def test_a_put_delivery_is_listed_and_read_back(landing: Landing) -> None:
    landing.put(_key(), _files(manifest_json=b"{}", rows_csv=b"a,b\n"))

    with landing.open(_key(), "rows.csv") as stream:
        content = stream.read()
        stream.seek(2)
        again = stream.read(1)

    assert list(landing.deliveries()) == [_key()]
    assert {(file.name, file.size) for file in landing.files(_key())} == {
        ("manifest.json", 2),
        ("rows.csv", 4),
    }
    assert (content, again) == (b"a,b\n", b"b")


def test_a_folder_without_manifest_is_no_delivery_yet(landing: Landing) -> None:
    landing.put(_key(), _files(rows_csv=b"a,b\n"))

    assert list(landing.deliveries()) == []


def test_what_was_begun_is_told_by_its_place_and_its_age(landing: Landing) -> None:
    """The moment is the store's own; a manifest, or nothing in it, ends that."""
    before = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=5)
    landing.put(_key(1), _files(manifest_json=b"{}", rows_csv=b"a,b\n"))
    landing.put(_key(2), _files(rows_csv=b"a,b\n"))
    landing.put(_key(3, "crawler"), _files(rows_csv=b"a,b\n", more_csv=b"c\n"))

    found = list(landing.incomplete())
    landing.erase(_key(2))
    left = [one.place for one in landing.incomplete()]

    assert [(one.place, one.key) for one in found] == [
        ("crawler/2026-11-23/3", _key(3, "crawler")),
        ("website/2026-11-23/2", _key(2)),
    ]
    assert all(before <= one.changed_at <= dt.datetime.now(dt.UTC) for one in found)
    assert left == ["crawler/2026-11-23/3"]


def test_deliveries_come_in_order_and_by_source(landing: Landing) -> None:
    for sequence, source in ((10, "website"), (2, "website"), (1, "partner")):
        landing.put(_key(sequence, source), _files(manifest_json=b"{}"))

    every = [key.delivery_id for key in landing.deliveries()]
    own = [key.sequence for key in landing.deliveries("website")]

    assert [one.split("/")[0] for one in every] == ["partner", "website", "website"]
    assert sorted(own) == [2, 10]


def test_a_delivery_is_put_once(landing: Landing) -> None:
    landing.put(_key(), _files(manifest_json=b"{}", rows_csv=b"first"))

    with pytest.raises(ConflictError):
        landing.put(_key(), _files(manifest_json=b"{}", rows_csv=b"second"))

    with landing.open(_key(), "rows.csv") as stream:
        assert stream.read() == b"first"


def test_erasing_takes_the_whole_folder_and_no_bystander(landing: Landing) -> None:
    landing.put(_key(1), _files(manifest_json=b"{}", rows_csv=b"x"))
    landing.put(_key(10), _files(manifest_json=b"{}", rows_csv=b"y"))

    erased = landing.erase(_key(1))
    again = landing.erase(_key(1))

    assert (erased, again) == (2, 0)
    assert landing.files(_key(1)) == ()
    assert list(landing.deliveries()) == [_key(10)]


def test_what_is_not_there_is_told_as_missing(tmp_path: Path) -> None:
    landing = FolderLanding(tmp_path)

    with pytest.raises(DeliveryError, match="file_missing"), landing.open(_key(), "x"):
        pass


def test_a_place_that_no_landing_zone_can_be_is_refused() -> None:
    with pytest.raises(ConfigurationError):
        landing_of("ftp://host/folder")


# --- the folder is hostile ------------------------------------------------------


def _folder(root: Path) -> Path:
    folder = root / "website" / "2026-11-23" / "1"
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_bytes(b"{}")
    return folder


def _symlink(folder: Path, outside: Path) -> None:
    (folder / "rows.csv").symlink_to(outside)


def _hard_link(folder: Path, outside: Path) -> None:
    (folder / "rows.csv").hardlink_to(outside)


def _fifo(folder: Path, _outside: Path) -> None:
    os.mkfifo(folder / "rows.csv")


def _subfolder(folder: Path, _outside: Path) -> None:
    (folder / "rows.csv").mkdir()
    (folder / "rows.csv" / "deep").write_bytes(b"x")


@pytest.mark.parametrize("trick", [_symlink, _hard_link, _fifo, _subfolder])
def test_only_plain_files_of_one_name_are_read_and_nothing_outside_is_touched(
    tmp_path: Path, trick: Callable[[Path, Path], None]
) -> None:
    """Twin: a plain open reads the outside file through both kinds of link."""
    outside = tmp_path / "outside"
    outside.write_bytes(b"the neighbour's")
    folder = _folder(tmp_path / "landing")
    trick(folder, outside)
    landing = FolderLanding(tmp_path / "landing")
    if trick in {_symlink, _hard_link}:
        assert (folder / "rows.csv").read_bytes() == b"the neighbour's"

    with (
        pytest.raises(DeliveryError, match="unreadable"),
        landing.open(_key(), "rows.csv"),
    ):
        pass
    listed = {file.name for file in landing.files(_key())}
    landing.erase(_key())

    assert listed == {"manifest.json", "rows.csv"}
    assert outside.read_bytes() == b"the neighbour's"
    assert not folder.exists()


STRAYS = {
    "客户.csv": "landing",
    "客户/2026-11-23/1/rows.csv": "landing",
    "website/rows.csv": "website",
    "website/2026-11-31/1/rows.csv": "website",
    "website/2026-11-23/rows.csv": "website/2026-11-23",
    "website/2026-11-23/one/rows.csv": "website/2026-11-23",
}


@pytest.mark.parametrize(("path", "place"), STRAYS.items())
def test_what_can_be_no_delivery_is_told_by_the_ids_above_it(
    tmp_path: Path, path: str, place: str
) -> None:
    """A name that its sender chose is told nowhere; empty folders hold nothing."""
    (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / path).write_bytes(b"x")
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "website/2026-11-23/7").mkdir(parents=True)

    found = list(FolderLanding(tmp_path).incomplete())

    assert [(one.place, one.key) for one in found] == [(place, None)]


@pytest.mark.integration
def test_strays_of_a_bucket_are_told_alike(tmp_path: Path, s3_url: str) -> None:
    """And a console's folder, a key that ends in a slash, is nothing."""
    prefix = f"{tmp_path.name}/strays"
    landing = landing_of(f"s3://{BUCKET}/{prefix}", s3_endpoint_url=s3_url)
    for path in (*STRAYS, "website/2026-11-23/7/"):
        client_of(s3_url).put_object(Bucket=BUCKET, Key=f"{prefix}/{path}", Body=b"x")

    found = list(landing.incomplete())

    assert [(one.place, one.key) for one in found] == [
        (place, None) for place in sorted(set(STRAYS.values()))
    ]


def test_a_time_that_a_file_brought_along_makes_nothing_old(tmp_path: Path) -> None:
    """`rsync -a` and `cp -p` keep last month's times: the twin reads those."""
    folder = tmp_path / "website/2026-11-23/1"
    folder.mkdir(parents=True)
    (folder / "rows.csv").write_bytes(b"x")
    os.utime(folder / "rows.csv", (0, 0))

    (found,) = FolderLanding(tmp_path).incomplete()

    now = dt.datetime.now(dt.UTC)
    assert now - found.changed_at < dt.timedelta(minutes=5)
    assert (folder / "rows.csv").stat().st_mtime == 0


def test_what_is_being_erased_and_what_may_not_be_read_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first is a killed run's, the second is in the log; the walk goes on."""
    for sequence, name in ((1, f"{ERASING}0011223344556677"), (2, "rows.csv")):
        folder = tmp_path / f"website/2026-11-23/{sequence}"
        folder.mkdir(parents=True)
        (folder / name).write_bytes(b"x")
    landing = FolderLanding(tmp_path)
    barred = tmp_path / "website/2026-11-23/3"
    barred.mkdir()
    opened = os.open

    def guarded(path: str | Path, flags: int, *, dir_fd: int | None = None) -> int:
        if path == "3":
            raise PermissionError
        return opened(path, flags, dir_fd=dir_fd)

    monkeypatch.setattr(os, "open", guarded)

    assert [one.place for one in landing.incomplete()] == ["website/2026-11-23/2"]


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_linked_folder_is_no_folder(tmp_path: Path, depth: int) -> None:
    elsewhere = tmp_path / "elsewhere"
    parts = ("website", "2026-11-23", "1")
    _folder(elsewhere)
    above = (tmp_path / "landing").joinpath(*parts[:depth])
    above.mkdir(parents=True)
    (above / parts[depth]).symlink_to(elsewhere.joinpath(*parts[: depth + 1]))
    landing = FolderLanding(tmp_path / "landing")

    found = list(landing.deliveries())
    erased = landing.erase(_key())

    assert (found, erased) == ([], 0)
    assert (elsewhere.joinpath(*parts) / "manifest.json").exists()


@pytest.mark.parametrize("name", ["../1/manifest.json", "/etc/passwd", "", ".", ".."])
def test_a_name_with_a_path_opens_nothing(tmp_path: Path, name: str) -> None:
    _folder(tmp_path)

    with (
        pytest.raises(DeliveryError, match="unreadable"),
        FolderLanding(tmp_path).open(_key(), name),
    ):
        pass


def test_erasing_overwrites_before_it_unlinks(tmp_path: Path) -> None:
    """Seen through a descriptor that was open before."""
    folder = _folder(tmp_path)
    (folder / "rows.csv").write_bytes(b"CANARY" * 10_000)
    with (folder / "rows.csv").open("rb") as before:
        FolderLanding(tmp_path).erase(_key())

        left = before.read()

    assert left == bytes(60_000)
    assert list(tmp_path.iterdir()) == []


def test_a_sparse_file_of_a_terabyte_is_erased_at_once(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    with (folder / "rows.csv").open("wb") as sparse:
        sparse.seek(1 << 40)
        sparse.write(b"x")

    erased = FolderLanding(tmp_path).erase(_key())

    assert erased == 2


def test_a_file_swapped_after_it_was_opened_is_still_the_first(tmp_path: Path) -> None:
    folder = _folder(tmp_path)
    (folder / "rows.csv").write_bytes(b"first")
    (folder / "other").write_bytes(b"other")

    with FolderLanding(tmp_path).open(_key(), "rows.csv") as stream:
        (folder / "other").rename(folder / "rows.csv")
        content = stream.read()

    assert content == b"first"


# --- the bucket keeps versions --------------------------------------------------


@pytest.mark.integration
def test_a_bucket_is_read_by_version_and_erased_with_every_version(
    s3_url: str, tmp_path: Path
) -> None:
    """Twin: a plain delete leaves every version readable."""
    s3 = client_of(s3_url)
    prefix = f"{tmp_path.name}/in"
    folder = f"{prefix}/website/2026-11-23/1/"
    landing = landing_of(f"s3://{BUCKET}/{prefix}", s3_endpoint_url=s3_url)
    landing.put(_key(), _files(manifest_json=b"{}", rows_csv=b"first"))

    with landing.open(_key(), "rows.csv") as stream:
        s3.put_object(Bucket=BUCKET, Key=f"{folder}rows.csv", Body=b"other")
        content = stream.read()
    s3.delete_object(Bucket=BUCKET, Key=f"{folder}rows.csv")
    kept = s3.list_object_versions(Bucket=BUCKET, Prefix=folder)
    erased = landing.erase(_key())
    left = s3.list_object_versions(Bucket=BUCKET, Prefix=folder)

    assert content == b"first"
    assert len(kept["Versions"]) == 3
    assert erased == 4
    assert "Versions" not in left
    assert "DeleteMarkers" not in left


@pytest.mark.integration
def test_a_bucket_that_is_not_there_is_the_worlds_fault(s3_url: str) -> None:
    landing = landing_of("s3://no-such-bucket/in", s3_endpoint_url=s3_url)

    with pytest.raises(WorldError, match="NoSuchBucket"):
        list(landing.deliveries())
