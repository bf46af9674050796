"""Epoch identities (design section 4)."""

import pytest

from custody.domain.epochs import FIELD_ROOT, SUPPRESSION_ROOT, EpochId, Purpose
from custody.domain.levels import Level


@pytest.mark.parametrize(
    ("epoch", "text"),
    [
        (EpochId(Purpose.LIVE, Level.HIGH, 1), "live/high/1"),
        (EpochId(Purpose.RESTRICTED, Level.LOW, 12), "restricted/low/12"),
        (EpochId(Purpose.INDEX, None, 3), "index/-/3"),
        (FIELD_ROOT, "index/-/999999999"),
        (SUPPRESSION_ROOT, "index/-/999999998"),
    ],
)
def test_the_text_form_goes_both_ways(epoch: EpochId, text: str) -> None:
    """It stands in tables, file names and AAD."""
    assert str(epoch) == text
    assert EpochId.parse(text) == epoch


@pytest.mark.parametrize(
    ("purpose", "level"), [(Purpose.LIVE, None), (Purpose.INDEX, Level.HIGH)]
)
def test_only_an_index_epoch_has_no_level(
    purpose: Purpose, level: Level | None
) -> None:
    """A level's key opens that level only."""
    with pytest.raises(ValueError, match="exactly when"):
        EpochId(purpose, level, 1)


def test_numbers_start_at_one() -> None:
    """Epoch 0 does not exist."""
    with pytest.raises(ValueError, match="start at 1"):
        EpochId(Purpose.LIVE, Level.HIGH, 0)


@pytest.mark.parametrize(
    "text", ["", "live/high", "live/high/1/2", "x/high/1", "live//1"]
)
def test_another_text_is_no_epoch(text: str) -> None:
    """A row or file name that was tampered with is not guessed at."""
    with pytest.raises(ValueError):  # noqa: PT011 - enum and split each say their own
        EpochId.parse(text)
