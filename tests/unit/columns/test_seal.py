"""The sealing pass: what leaves it opens to what came in, and shows nothing else."""

import dataclasses
import datetime as dt
import os

import polars as pl
import pytest

from custody.columns.blocks import Examined, SealedBlock
from custody.columns.index import IndexKeys
from custody.columns.seal import Sealer, SealKeys
from custody.crypto.blindindex import field_key, inner_values
from custody.crypto.cs1 import open_sealed
from custody.crypto.keyrecord import unwrap_key
from custody.crypto.suppression import suppression_tokens
from custody.domain.canonical import decode_fields
from custody.domain.epochs import EpochId, Purpose
from custody.domain.levels import Level
from custody.domain.sources import SourceColumn
from tests.builders.policies import policy_of, source

NAME, PHONE, ID, LEFT_OVER = "示例甲乙", "+8613800138000", "INVENTED-ID", "left over"
HEADER = "a header that may be a value"
KEYS = SealKeys(
    epochs={level: EpochId(Purpose.LIVE, level, 1) for level in Level},
    wrapping={level: bytes([level.rank]) * 32 for level in Level},
    index=IndexKeys(
        index_key=b"i" * 32, field_root=b"f" * 32, suppression_key=b"s" * 32
    ),
)
SOURCE = source()
DAY = dt.date(2026, 3, 31)
POLICY = policy_of(SOURCE)


def examined() -> Examined:
    """Return two invented people; the second has neither phone nor document."""
    text = pl.String
    return Examined(
        values=pl.DataFrame(
            {
                "row": [1, 2],
                "customer_name": [NAME, NAME],
                "phone": [PHONE, None],
                "resident_id": [ID, None],
                "?7": [LEFT_OVER, None],
            }
        ),
        facts=pl.DataFrame(
            {
                "row": [1, 2],
                "customer_name": ["unchecked", "unchecked"],
                "customer_name__sealed": ["medium", "medium"],
                "phone": ["valid", None],
                "phone__sealed": ["medium", None],
                "resident_id": ["bad_checksum", None],
                "resident_id__sealed": ["high", None],
                "record__level": ["high", "medium"],
                "record__tier": ["low", "low"],
                "record__verdict": ["load", "load"],
                "record__reasons": ["", ""],
            },
            schema_overrides={"phone": text, "resident_id": text},
        ),
        identity=pl.DataFrame(
            {
                "row": [1, 2],
                "industry": ["unknown"] * 2,
                "prefix": ["XX"] * 2,
                "customer_type": ["new"] * 2,
                "party": ["natural"] * 2,
                "responsible": ["客户经理-王*"] * 2,
                "classes": [""] * 2,
            }
        ),
    )


@pytest.fixture
def block() -> SealedBlock:
    """Return the two records, sealed."""
    return Sealer(
        policy=POLICY, source=SOURCE, keys=KEYS, entropy=os.urandom, business_date=DAY
    ).seal(examined(), headers={"?7": HEADER})


def opened(block: SealedBlock) -> dict[tuple[int, str], dict[str, str]]:
    """Open every sealed value with its own key record: (row, level) -> fields."""
    rows = dict(zip(block.rows["handle"], block.rows["row"], strict=True))
    found = {}
    both = block.values.join(block.keys, on=["handle", "level", "key_id"])
    assert both.height == block.values.height
    for value in both.iter_rows(named=True):
        place = {
            "dataset": POLICY.dataset,
            "level": value["level"],
            "handle": value["handle"],
        }
        data_key = unwrap_key(
            wrapping_key=KEYS.wrapping[Level(value["level"])],
            wrapped=value["wrapped"],
            epoch=value["epoch"],
            key_id=value["key_id"],
            **place,
        )
        content = open_sealed(
            data_key=data_key,
            sealed=value["sealed"],
            key_id=value["key_id"],
            suites=(1,),
            **place,
        )
        assert content.digest == value["digest"]
        found[rows[value["handle"]], value["level"]] = decode_fields(content.encoding)
    return found


def test_every_field_is_sealed_at_its_level_and_opens_again(
    block: SealedBlock,
) -> None:
    """A level's key opens that level only; an unknown column is sealed as high.

    Its header is part of the name it is sealed under.
    """
    assert opened(block) == {
        (1, "high"): {"resident_id": ID, f"?7:{HEADER}": LEFT_OVER},
        (1, "medium"): {"customer_name": NAME, "phone": PHONE},
        (2, "medium"): {"customer_name": NAME},
    }


def test_a_column_without_header_is_sealed_under_its_place() -> None:
    sealer = Sealer(
        policy=POLICY, source=SOURCE, keys=KEYS, entropy=os.urandom, business_date=DAY
    )

    assert opened(sealer.seal(examined()))[1, "high"]["?7"] == LEFT_OVER


def test_no_two_values_share_a_key(block: SealedBlock) -> None:
    """With a zero nonce a repeated key would be fatal."""
    assert block.values["key_id"].n_unique() == block.values.height


def test_sealing_again_draws_new_handles_and_keys(block: SealedBlock) -> None:
    """A repeated task stages the same delivery under new keys."""
    again = Sealer(
        policy=POLICY, source=SOURCE, keys=KEYS, entropy=os.urandom, business_date=DAY
    ).seal(examined(), headers={"?7": HEADER})

    assert not set(again.values["key_id"]) & set(block.values["key_id"])
    assert not set(again.rows["handle"]) & set(block.rows["handle"])
    assert again.row_tokens["token"].to_list() == block.row_tokens["token"].to_list()


def test_only_usable_values_are_indexed(block: SealedBlock) -> None:
    """A value with a wrong checksum must match nobody."""
    fields = block.tokens["field"].to_list()

    assert sorted(fields) == ["customer_name", "customer_name", "phone"]


def test_equal_values_have_equal_tokens(block: SealedBlock) -> None:
    """That is what an index is for."""
    names = block.tokens.filter(pl.col("field") == "customer_name")["token"]

    assert names.n_unique() == 1


def test_no_value_leaves_in_clear(block: SealedBlock) -> None:
    """Neither in the frames nor in the text of the objects."""
    left = (
        b"".join(
            bytes(str(cell), "utf-8") if not isinstance(cell, bytes) else cell
            for frame in (
                block.rows,
                block.values,
                block.keys,
                block.tokens,
                block.row_tokens,
                block.projection,
                block.facts,
            )
            for row in (frame.columns, *frame.iter_rows())
            for cell in row
        )
        + repr(KEYS).encode()
    )

    for value in (NAME, PHONE, ID, LEFT_OVER, HEADER):
        assert value.encode() not in left
    assert b"i" * 32 not in left


# --- suppression ------------------------------------------------------------------


def marks_of(
    *match_keys: tuple[str, ...], collected: list[str | None] | None = None
) -> list[tuple[int, str, bytes, dt.date | None]]:
    """Return row, match key, token and day of what a block is suppressed by.

    `collected` are the cells of a time of collection; None: the source maps none.
    """
    one = examined()
    columns = [SourceColumn(name=name, field=name) for name in one.values.columns[1:4]]
    if collected is not None:
        columns.append(SourceColumn(name="collected_at", field="collected_at"))
        day = pl.Series("collected_at", collected, dtype=pl.String)
        level = pl.Series("collected_at__sealed", ["low", "low"])
        one = dataclasses.replace(
            one,
            values=one.values.insert_column(4, day),
            facts=one.facts.with_columns(level),
        )
    sealer = Sealer(
        policy=POLICY,
        source=source(match_keys=match_keys, columns=tuple(columns)),
        keys=KEYS,
        entropy=os.urandom,
        business_date=DAY,
    )
    block = sealer.seal(one)
    placed = block.suppression.join(block.rows.select("handle", "row"), on="handle")
    return placed.select("row", "match_key", "token", "collected_on").sort("row").rows()


def expected(**values: str) -> bytes:
    """Return the mark of values, from the keys alone."""
    inner = b"".join(
        inner_values(
            field_key=field_key(
                KEYS.index.field_root, dataset=POLICY.dataset, field=name
            ),
            values=[values[name].encode()],
        )[0]
        for name in sorted(values)
    )
    (made,) = suppression_tokens(
        key=KEYS.index.suppression_key,
        dataset=POLICY.dataset,
        match_key="+".join(sorted(values)),
        inners=[inner],
    )
    return made


def test_a_row_is_suppressed_by_its_match_keys_that_are_whole_and_good() -> None:
    """A wrong number marks nobody; of a compound key every field must be there."""
    found = marks_of(("phone", "customer_name"), ("customer_name",), ("resident_id",))

    both = "customer_name+phone"
    name = expected(customer_name=NAME)
    assert sorted(found) == sorted(
        [
            (1, both, expected(customer_name=NAME, phone=PHONE), DAY),
            (1, "customer_name", name, DAY),
            (2, "customer_name", name, DAY),
        ]
    )


def test_without_match_keys_or_their_columns_nobody_is_marked() -> None:
    assert marks_of() == []
    assert marks_of(("uscc",)) == []


def test_the_day_of_collection_prevails_and_may_be_unknown() -> None:
    times = ["2026-03-01T16:00:00Z", None]

    found = marks_of(("customer_name",), collected=times)

    assert [day for *_, day in found] == [dt.date(2026, 3, 2), None]


def test_keys_of_the_index_are_not_shown() -> None:
    assert "ssss" not in repr(KEYS.index)
    assert "iiii" not in repr(KEYS)
