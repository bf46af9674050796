"""What policy says of a delivery of several files (docs/policy.md)."""

from pathlib import Path

import pytest

from custody.adapters.policy import load_policy
from custody.errors import PolicyError
from tests.builders.bundles import POLICY_TEXT, bundle_source
from tests.builders.policy_files import POLICIES, POLICY

JOINS = "joins: [{column: customer,"
CONTRACT = "{column: contract, ignore: join key}"
CONTRACT_PHONE = "{column: contract, field: phone}"


def test_a_bundle_names_its_files_and_their_dialects(tmp_path: Path) -> None:
    """The columns of the source are those of the main file and what sides fill."""
    source = bundle_source(tmp_path)

    assert source.bundle is not None
    assert source.bundle.names == {"customers.txt", "holders.tsv", "contracts.txt"}
    layouts = [source.layout, *(side.layout for side in source.bundle.sides)]
    assert [layout.delimiter for layout in layouts] == ["|", "\t", "+|"]
    assert [column.name for column in source.columns] == [
        *("id", "name", "shop", "contracts.txt/phone")
    ]
    assert (source.bundle.most_rows, source.bundle.most_bytes) == (1_000, 100_000)


def test_a_source_of_one_file_has_no_bundle() -> None:
    """What policy does not say is not there."""
    assert {source.bundle for source in load_policy(POLICY).sources} == {None}


@pytest.mark.parametrize(
    ("old", "new", "key", "problem"),
    [
        ("  most_rows: 1_000\n", "", "most_rows", "is missing"),
        ("  most_bytes: 100_000\n", "", "most_bytes", "is missing"),
        ("most_rows: 1_000", "most_rows: 0", "most_rows", "from 1 to"),
        ("main: customers.txt", "mian: customers.txt", "main", "is missing"),
        ("  most_rows:", "  lazy: true\n  most_rows:", "lazy", "not a key"),
        ("main: customers.txt", "main: ../x", "main", "letters"),
        ("file: holders.tsv", "file: Customers.txt", "sides.1.file", "twice"),
        (JOINS, f"sorted: true\n      {JOINS}", "sides.1.sorted", "not a key"),
        ("customer, to", "gone, to", "sides.1.joins.1.column", "of this file"),
        ("to: id}", "to: contracts.txt/phone}", "sides.1.joins.1.to", "earlier"),
        ("to: id}", "to: id, how: any}", "sides.1.joins.1.how", "not a key"),
        ("column: shop, to", "column: customer, to", "sides.1.joins", "twice"),
        (CONTRACT, CONTRACT_PHONE, "sides.2.columns.2.field", "only texts and"),
        ("field: phone,", "field: gone,", "sides.2.columns.2.field", "one of"),
        ("delimiter: tab", "delimeter: tab", "sides.1.layout.delimeter", "a key"),
    ],
)
def test_what_a_bundle_may_not_say_is_refused_by_its_key(
    tmp_path: Path, old: str, new: str, key: str, problem: str
) -> None:
    """By the dotted key, without a value."""
    assert old in POLICY_TEXT

    with pytest.raises(PolicyError) as refused:
        bundle_source(tmp_path, POLICY_TEXT.replace(old, new, 1))

    assert refused.value.key == f"bundle.{key}"
    assert problem in refused.value.problem


def test_some_file_must_bring_the_name(tmp_path: Path) -> None:
    """R24 is asked of all files together."""
    text = POLICY_TEXT.replace("field: customer_name,", "field: remark,")

    with pytest.raises(PolicyError, match=r"columns: customer_name must be mandatory"):
        bundle_source(tmp_path, text)


def test_the_name_may_come_from_a_side() -> None:
    """Shops are named in a file of their own, their customers by number."""
    source = load_policy(POLICY, POLICIES / "aw_bundle").source("aw_bundle")

    assert source is not None
    assert [c.name for c in source.fields_of("customer_name")] == ["aw_Store.csv/Name"]
    assert [c.name for c in source.fields_of("dealer_card")] == [
        "aw_CreditCard.csv/CardNumber"
    ]
