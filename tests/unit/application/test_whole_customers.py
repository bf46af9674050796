"""A customer as a whole: the full version, and what enriching sources add."""

from dataclasses import replace

from custody.application.views import RecordView, united, whole
from tests.builders.deliveries import delivery_key


def version(
    number: int, part: str = "", level: str = "low", **shown: str
) -> RecordView:
    """Return a version of one customer."""
    return RecordView(
        handle=bytes([number]) * 16,
        number="FI2026000001",
        version=number,
        delivery_id=delivery_key().delivery_id,
        row=1,
        state="pending_review",
        level=level,
        tier="low" if part else "high",
        industry=None,
        customer_type=None,
        party=None,
        responsible=None,
        classes=None,
        name=None,
        shown=shown,
        part=part,
    )


def test_the_full_version_prevails_and_a_part_adds() -> None:
    full = version(1, customer_name="某*", phone="138****0000")
    part = version(2, "dates", phone="139****0000", listing_date="1962-02-09")

    both = united(full, [part])

    assert both.shown == {
        "customer_name": "某*",
        "phone": "138****0000",
        "listing_date": "1962-02-09",
    }
    assert (both.handle, both.version, both.tier) == (full.handle, 1, "high")


def test_of_two_parts_the_later_version_prevails() -> None:
    parts = [version(3, "b", remark="later"), version(2, "a", remark="earlier")]

    assert united(version(1), parts).shown == {"remark": "later"}
    assert united(version(1), reversed(parts)).shown == {"remark": "later"}


def test_the_level_is_the_highest_of_all_parts() -> None:
    """就高从严 (A2): what enriches may raise a customer, never lower one."""
    high = version(2, "a", level="high")

    assert united(version(1, level="medium"), [high]).level == "high"
    assert united(version(1, level="high"), [version(2, "a")]).level == "high"


def test_history_is_made_whole_from_the_latest_of_each_part() -> None:
    history = [
        version(5, "dates", listing_date="new"),
        version(4, customer_name="new"),
        version(3, "dates", listing_date="old"),
        version(1, customer_name="old"),
    ]

    found = whole(history)

    assert found is not None
    assert (found.version, found.shown) == (
        4,
        {"listing_date": "new", "customer_name": "new"},
    )


def test_without_a_full_version_there_is_no_customer() -> None:
    assert whole([]) is None
    assert whole([version(2, "dates")]) is None


def test_a_lost_projection_stays_told_as_lost() -> None:
    """Masks of a part alone would pass for the customer's."""
    lost = replace(version(1), shown=None)

    assert united(lost, [version(2, "dates", listing_date="1962")]).shown is None
