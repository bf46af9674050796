"""Every bad file of other people goes through the whole intake to its verdict.

The readers' verdict (`tests/builders/bad_input.py`) is what the register, the
quarantine and the tally must come to; no row is lost on the way.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from custody.domain.delivery import DeliveryState
from tests.builders.bad_input import DERIVED, SPECTRUM, TEST_DATA, WIDE
from tests.builders.installation import Installation
from tests.integration.conftest import Databases

pytestmark = [pytest.mark.integration, pytest.mark.shared]

ONE_OF = 8  # belongs to every change, the others to `make test-all`
LARGE = pytest.mark.large
Case = tuple[Path, list[str], bool, str]

_SOURCE = """
label: {{zh: 坏文件, en: Bad file}}
channel: partner_transfer
owner_department: sales
responsible: {{person: 客户经理-王*}}
authorisation: {{reference: TEST-1, valid_from: 2020-01-01, valid_until: 2035-12-31}}
signature: {{required: false}}
layout: {{format: csv, encoding: utf-8, delimiter: ",", header: {header}}}
columns:
{columns}
unknown_columns: hold
match_keys: {keys}
contact: optional
party: legal
purposes: [trade]
minors_allowed: false
legal_basis: contract
phone_region: CN
"""
_FIELDS = ("customer_name", "source_customer_id")


def cases(shared: Path) -> dict[str, Case]:
    """Return each file with its columns, whether it has a header, and its verdict."""
    folder = shared / "data" / "bad-input"
    found: dict[str, Case] = {}
    for name, (named, verdict) in SPECTRUM.items():
        file = folder / "csv-spectrum" / "csvs" / f"{name}.csv"
        found[f"spectrum_{name}"] = (file, list(named), True, verdict)
    for name, (columns, told) in TEST_DATA.items():
        file = folder / "csv-test-data" / "csv" / f"{name}.csv"
        header = not isinstance(columns, int)
        found[f"data_{name}"] = (file, _names(columns), header, str(told))
    for name, (columns, told) in DERIVED.items():
        file = folder / "derived" / name
        names = _names(columns)
        if columns == WIDE:
            names = file.read_text("utf-8").splitlines()[0].split(",")
        found[f"derived_{name.removesuffix('.csv')}"] = (file, names, True, str(told))
    return {key.replace("-", "_"): case for key, case in found.items()}


def _names(columns: Sequence[str] | int) -> list[str]:
    if isinstance(columns, int):
        return [str(at) for at in range(columns)]
    return list(columns)


def policy_of(names: list[str], *, header: bool) -> str:
    """Return a source of these columns; what has no field of ours is ignored."""
    places: list[dict[str, str]] = [
        {"column": name, "field": field}
        for name, field in zip(names, _FIELDS, strict=False)
    ]
    places[0]["requirement"] = "mandatory"
    places += [{"column": name, "ignore": "of no use"} for name in names[2:]]
    lines = [f"  - {json.dumps(place, ensure_ascii=False)}" for place in places]
    keys = "[[source_customer_id]]" if len(names) > 1 else "[[customer_name]]"
    return _SOURCE.format(
        header=str(header).lower(), columns="\n".join(lines), keys=keys
    )


@pytest.fixture(scope="module")
def made(
    shared: Path, databases: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    """An installation in which every file has a source of its own."""
    policy = tmp_path_factory.mktemp("bad") / "policy"
    (policy / "sources").mkdir(parents=True)
    for source, (_, names, header, _) in cases(shared).items():
        file = policy / "sources" / f"{source}.yaml"
        file.write_text(policy_of(names, header=header), "utf-8")
    return databases.install(
        tmp_path_factory.mktemp("custody"),
        overlays=[policy],
    )


def ends_as_told(made: Installation, source: str, case: Case) -> bool:
    """Take a file to its end; whether that is its verdict, and no row is lost.

    A reason of the whole file is the delivery's; one of a row is that row's.
    """
    file, _, _, verdict = case
    delivery_id = made.put(source, file.read_bytes(), name="rows.csv")
    made.run(source)
    record = made.custody.book.find(delivery_id)
    assert record is not None
    counted = re.match(r"(\d+) rows", verdict)
    if counted is None:
        quarantined = record.state is DeliveryState.QUARANTINED
        return quarantined and record.reasons == (verdict,)
    faults = verdict.count(";")
    tally = record.tally
    kept_apart = tally.quarantined + tally.held
    whole = tally.read == int(counted[1]) + faults
    return tally.conserves and whole and kept_apart >= faults


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(slice(None, None, ONE_OF), id="some"),
        *(
            pytest.param(slice(at, None, ONE_OF), id=f"rest-{at}", marks=LARGE)
            for at in range(1, ONE_OF)
        ),
    ],
)
def test_each_file_ends_in_its_verdict(
    shared: Path, made: Installation, part: slice
) -> None:
    """All parts together are all files."""
    files = sorted(cases(shared).items())[part]

    wrong = [name for name, case in files if not ends_as_told(made, name, case)]

    assert files
    assert wrong == []
