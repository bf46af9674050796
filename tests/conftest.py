"""What holds for every test: the shared data, fixed chance, no quiet skips.

Environment:

- `CUSTODY_SHARED` names the folder of shared data; tests marked `shared` are left
  out without it, and `CUSTODY_REQUIRE_SHARED=1` makes its absence a failure.
  Tests marked `mounts` are left out where this process may not mount.
- `CI` makes every skip a failure and fixes the examples that hypothesis draws.
"""

import os
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

from tests.faults.mounts import may_mount

SHARED = "CUSTODY_SHARED"
REQUIRE_SHARED = "CUSTODY_REQUIRE_SHARED"
IN_CI = os.environ.get("CI", "") not in {"", "0", "false"}

MOULD = "mould"  # the fixture: tests/faults/moulds.py

# Longest first, so that no worker ends up with it alone.
SLOW_MARKERS = ("dags", "browser", "large", "faults", "journey", "integration")

hypothesis.settings.register_profile(
    "ci", derandomize=True, database=None, deadline=None, print_blob=True
)
hypothesis.settings.register_profile("dev", deadline=None, print_blob=True)
hypothesis.settings.load_profile("ci" if IN_CI else "dev")


def _shared_folder() -> Path | None:
    """Return the folder that `CUSTODY_SHARED` names, None when it names none."""
    named = os.environ.get(SHARED)
    return Path(named).resolve() if named and Path(named).is_dir() else None


def pytest_configure() -> None:
    """Refuse to run without shared data that is demanded; forget the caller's settings.

    What a shell says about a real Custody must never reach a test.
    """
    if os.environ.get(REQUIRE_SHARED) == "1" and _shared_folder() is None:
        raise pytest.UsageError(f"{SHARED} names no folder, and {REQUIRE_SHARED} is 1")
    for name in list(os.environ):
        if name.startswith("CUSTODY_") and name not in {SHARED, REQUIRE_SHARED}:
            del os.environ[name]


def pytest_report_header() -> list[str]:
    """Say which data and which kind of chance this run has."""
    lines = [f"hypothesis profile: {'ci' if IN_CI else 'dev'}"]
    if _shared_folder() is None:
        lines.append(f"{SHARED} names no folder: tests marked `shared` are left out")
    if not may_mount():
        lines.append("nothing may be mounted here: tests marked `mounts` are left out")
    return lines


def _absent_marks() -> list[str]:
    """Return the marks of tests that this machine cannot run."""
    here = {"shared": _shared_folder() is not None, "mounts": may_mount()}
    return [mark for mark, there in here.items() if not there]


def _is_slow(item: pytest.Item) -> int:
    """Return the place of the item's slowest marker; the unmarked come last."""
    places = (n for n, name in enumerate(SLOW_MARKERS) if item.get_closest_marker(name))
    return next(places, len(SLOW_MARKERS))


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None, None, None]:
    """Leave out what needs absent data; keep each file, and all Airflow, together.

    So are those that copy one loaded site, which a second worker would set up anew.
    The groups are set before xdist reads them, the order after all else is shuffled.
    """
    for mark in _absent_marks():
        absent = [item for item in items if item.get_closest_marker(mark)]
        config.hook.pytest_deselected(items=absent)
        items[:] = [item for item in items if not item.get_closest_marker(mark)]
    for item in items:
        airflow = item.get_closest_marker("dags") or item.get_closest_marker("browser")
        # A group with a slash in its name is none: xdist takes it for a path.
        group = "airflow" if airflow else ".".join(item.path.parts[1:])
        if MOULD in getattr(item, "fixturenames", ()):
            group = MOULD
        item.add_marker(pytest.mark.xdist_group(group))
    yield
    items.sort(key=_is_slow)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[
    None, pytest.TestReport, pytest.TestReport
]:
    """Turn a skip into a failure where nobody would notice it."""
    report = yield
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and nothing may be: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[
    None, pytest.CollectReport, pytest.CollectReport
]:
    """Turn the skip of a whole module into a failure likewise."""
    report = yield
    if IN_CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped, and nothing may be: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared data; only tests marked `shared` may ask for it."""
    folder = _shared_folder()
    assert folder is not None, f"mark the test `shared`: it needs {SHARED}"
    return folder


@pytest.fixture(scope="session", autouse=True)
def _base_of_temporary_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Choose it before any site lends its TMPDIR, which goes again with the site."""
    tmp_path_factory.getbasetemp()
