"""The life and the name of a delivery (design section 2)."""

import datetime as dt
from itertools import product

import pytest

from custody.domain.delivery import MOVES, DeliveryKey, DeliveryState, may_move
from custody.domain.sources import SourceId

S = DeliveryState
LIFE = {
    (S.ADMITTED, S.SEALED),
    (S.ADMITTED, S.QUARANTINED),
    (S.SEALED, S.SEALED),
    (S.SEALED, S.CHECKED),
    (S.SEALED, S.HELD),
    (S.SEALED, S.QUARANTINED),  # sealed again, and the file is another by now
    (S.CHECKED, S.SEALED),
    (S.CHECKED, S.QUARANTINED),
    (S.CHECKED, S.LOADED),
    (S.HELD, S.SEALED),  # examined again under a changed policy
    (S.HELD, S.CHECKED),
    (S.HELD, S.REFUSED),
}


def test_every_move_not_in_the_life_is_refused() -> None:
    """All forty-nine pairs, spelled out a second time."""
    known = {pair for pair in product(S, S) if may_move(*pair)}

    assert known == LIFE
    assert set(MOVES) == set(S)


@pytest.mark.parametrize("end", [S.LOADED, S.REFUSED, S.QUARANTINED])
def test_an_end_is_an_end(end: DeliveryState) -> None:
    """A correction is a redelivery with a higher sequence."""
    assert not any(may_move(end, state) for state in S)


KEY = DeliveryKey(
    source_id=SourceId("website"), business_date=dt.date(2026, 1, 31), sequence=2
)


def test_the_name_goes_both_ways() -> None:
    """Landing folder, table and asset event say the same."""
    assert KEY.delivery_id == "website/2026-01-31/2"
    assert DeliveryKey.parse(KEY.delivery_id) == KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "website/2026-01-31",
        "website/2026-01-31/2/x",
        "/2026-01-31/2",
        "website/2026-02-30/2",
        "website/20260131/2",
        "website/2026-01-31/02",
        "website/2026-01-31/-2",
        "website/2026-01-31/x",
        "website/2026-01-31/0",
        "website/2026-01-31/1000000000",
        "website/2026-01-31/99999999999",
        pytest.param("website/2026-01-31/" + "9" * 5_000, id="endless"),
        "website/2026-01-31/\u0662",
    ],
)
def test_another_text_is_no_delivery(text: str) -> None:
    """A folder that is none is left alone, never guessed at."""
    assert DeliveryKey.parse(text) is None
