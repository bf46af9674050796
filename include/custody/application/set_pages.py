"""The pages of a set: values with their keys, told to tree and ledger as they pass."""

from collections.abc import Iterator

import polars as pl

from custody.application.drafted_set import Draft
from custody.application.ledgered import Ledgered
from custody.application.ports.backup import KeysSnapshot
from custody.columns.key_records import with_key_records
from custody.columns.leaves import set_leaves
from custody.domain.epochs import EpochId
from custody.domain.set_words import NO_KEY
from custody.errors import EvidenceError

_COLUMNS = (
    *("handle", "customer", "version", "level", "sealed", "digest", "wrapped"),
    *("key_id", "epoch", "state", "business_date"),
)

_OTHERS = 2
"""So many keys for each value are taken; with more, each handle is asked for."""


def with_keys(
    pages: Iterator[pl.DataFrame], keys: KeysSnapshot
) -> Iterator[pl.DataFrame]:
    """Yield each page with its keys; EvidenceError for a value that has none."""
    for page in pages:
        joined = with_key_records(page, _keys_of(page, keys))
        if joined["wrapped"].null_count():
            raise NO_KEY.as_error(EvidenceError)
        yield joined


def _keys_of(page: pl.DataFrame, keys: KeysSnapshot) -> pl.DataFrame:
    """Return the keys of a page, and some of others who lie between."""
    handles, most = page["handle"], _OTHERS * page.height
    # Those that wait lie among all others, and there may be many of them.
    if not page["delivery_id"].null_count():
        found = keys.between(handles[0], handles[-1], most=most)
        if found.height < most:
            return found
    return keys.wrapped(handles.unique().to_list())


def proven(
    draft: Draft, pages: Iterator[pl.DataFrame], ledgered: Ledgered
) -> Iterator[pl.DataFrame]:
    """Yield what data objects hold; tree and ledger are told of each value."""
    for page in pages:
        draft.tree.extend_hashed(set_leaves(page))
        ledgered.take(page)
        draft.epochs |= set(map(EpochId.parse, page["epoch"].unique()))
        yield page.select(_COLUMNS)
