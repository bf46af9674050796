"""A bundle in three dialects, invented: customers, their phones, their contracts."""

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from custody.adapters.policy import load_policy
from custody.adapters.readers.choose import reader_of
from custody.application.intake.bundled_blocks import bundled_blocks
from custody.columns.blocks import RawBlock
from custody.domain.delivery import DeliveryKey, ManifestFile
from custody.domain.policy import Policy
from custody.domain.sources import Source, SourceId
from tests.builders.policy_files import POLICY, overlay
from tests.fakes.landing import FakeLanding

KEY = DeliveryKey(
    source_id=SourceId("shop"), business_date=dt.date(2026, 11, 2), sequence=1
)

POLICY_TEXT = """
label: {zh: 门店, en: Shop}
channel: partner_transfer
owner_department: sales
responsible: {person: 客户经理-王*}
authorisation: {reference: S-1, valid_from: 2020-01-01, valid_until: 2035-12-31}
signature: {required: false}
layout: {format: csv, delimiter: "|", header: false}
columns:
  - {column: id, field: source_customer_id, requirement: mandatory}
  - {column: name, field: customer_name, requirement: mandatory}
  - {column: shop, ignore: join key}
bundle:
  main: customers.txt
  most_rows: 1_000
  most_bytes: 100_000
  sides:
    - file: holders.tsv
      layout: {format: csv, delimiter: tab, quoting: none}
      joins: [{column: customer, to: id}, {column: shop, to: shop}]
      columns:
        - {column: customer, ignore: join key}
        - {column: shop, ignore: join key}
        - {column: contract, ignore: join key}
    - file: contracts.txt
      layout:
        {format: csv, delimiter: "+|", row_end: "&|\\n", header: false, quoting: none}
      joins: [{column: number, to: holders.tsv/contract}]
      columns:
        - {column: number, ignore: join key}
        - {column: phone, field: phone, requirement: expected}
        - {column: note, ignore: not needed}
contact: expected
unknown_columns: hold
match_keys: [[source_customer_id]]
party: legal
purposes: [service]
minors_allowed: false
legal_basis: contract
phone_region: CN
"""

CUSTOMERS = b"1|Firm One|n\n2|Firm Two|n\n3|Firm Three|s\n"
HOLDERS = b"customer\tshop\tcontract\n1\tn\tA\n2\tn\tB\n3\ts\tA\n"
CONTRACTS = b"A+|0100 1+|x&|\nB+|0100 2+|y&|\n"
FILES = {
    "customers.txt": CUSTOMERS,
    "holders.tsv": HOLDERS,
    "contracts.txt": CONTRACTS,
}


def bundle_source(folder: Path, text: str = POLICY_TEXT) -> Source:
    """Return the source of a policy text; PolicyError as policy is wrong."""
    source = load_policy(POLICY, overlay(folder, sources__shop=text)).source("shop")
    assert source is not None
    return source


def bundle_policy(folder: Path, source_id: str) -> Policy:
    """Return the project's policy, in which a source delivers the bundle."""
    return load_policy(
        POLICY, overlay(folder, **{f"sources__{source_id}": POLICY_TEXT})
    )


def capped(source: Source, **caps: int) -> Source:
    """Return the source with other caps of its bundle."""
    assert source.bundle is not None
    rows = caps.get("most_rows", source.bundle.most_rows)
    size = caps.get("most_bytes", source.bundle.most_bytes)
    bundle = dataclasses.replace(source.bundle, most_rows=rows, most_bytes=size)
    return dataclasses.replace(source, bundle=bundle)


def joined(
    source: Source,
    files: Mapping[str, bytes] = FILES,
    *,
    admitted: Mapping[str, bytes] | None = None,
) -> list[RawBlock]:
    """Return the blocks of a delivery of these files, or of what was admitted."""
    assert source.bundle is not None
    landing = FakeLanding()
    landing.folders[KEY] = dict(files)
    blocks = bundled_blocks(
        landing,
        KEY,
        manifest_files(files if admitted is None else admitted),
        reader=lambda one: reader_of(one.layout),
        source=source,
        bundle=source.bundle,
    )
    return list(blocks)


def manifest_files(files: Mapping[str, bytes]) -> Sequence[ManifestFile]:
    """Return what a manifest says of files."""
    return [
        ManifestFile(
            name=name,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            rows=None,
        )
        for name, content in files.items()
    ]
