"""What Custody names itself in quarantine never takes the place of a sender's file."""

from custody.application.intake.seal import UNREADABLE_ROWS
from custody.application.intake.seal_away import SealAway
from custody.domain.admission import is_plain_name
from tests.builders.deliveries import delivery_key
from tests.fakes.landing import FakeLanding
from tests.fakes.quarantine import FakeQuarantine

MOST = 1000  # bytes


def test_a_file_named_like_a_number_and_one_without_a_name_are_both_kept() -> None:
    """Quarantine keeps the first content of a name, so each needs its own."""
    landing, quarantine, key = FakeLanding(), FakeQuarantine(), delivery_key()
    landing.folders[key] = {"../rows": b"first", "unnamed-0001": b"second"}

    SealAway(landing, quarantine, key, most=MOST)(key.delivery_id)

    assert sorted(quarantine.kept.values()) == [b"first", b"second"]


def test_unreadable_rows_lie_where_no_file_of_a_delivery_can() -> None:
    """A plain name has no slash, and it alone becomes a name in quarantine."""
    assert "/" in UNREADABLE_ROWS
    assert not is_plain_name(UNREADABLE_ROWS)
