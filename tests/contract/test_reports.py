"""What every store of validation reports promises: the fake, and PostgreSQL."""

from custody.application.ports import CheckReport, DeliveryRecord
from custody.domain.delivery import DeliveryId
from tests.contract.worlds import Shelf


def report(page: bytes = b"<p>", **summary: object) -> CheckReport:
    return CheckReport(page=page, corrections=b"PK\x00\xff", summary=summary)


def put(shelf: Shelf, *rates: dict[str, float]) -> list[DeliveryRecord]:
    """Report on one delivery after the other; return them."""
    records = [shelf.added() for _ in rates]
    for record, told in zip(records, rates, strict=True):
        shelf.reports.put(record.key.delivery_id, report(token_rates=told))
    return records


def test_what_was_put_is_what_is_got(shelf: Shelf) -> None:
    delivery_id = shelf.added().key.delivery_id
    summary = {"verdict": "passed", "rows": 3, "客户": ["甲"], "token_rates": {}}

    shelf.reports.put(delivery_id, report(b"\x00<html>\xff", **summary))

    found = shelf.reports.get(delivery_id)
    assert found == CheckReport(
        page=b"\x00<html>\xff", corrections=b"PK\x00\xff", summary=summary
    )


def test_a_summary_comes_back_as_json_keeps_it(shelf: Shelf) -> None:
    delivery_id = shelf.added().key.delivery_id

    shelf.reports.put(delivery_id, report(held=("a", "b")))

    found = shelf.reports.get(delivery_id)
    assert found is not None
    assert found.summary == {"held": ["a", "b"]}


def test_a_delivery_without_a_report_has_none(shelf: Shelf) -> None:
    assert shelf.reports.get(DeliveryId(f"{shelf.source}/2026-01-02/9")) is None


def test_a_second_report_takes_the_place_of_the_first_and_of_no_other(
    shelf: Shelf,
) -> None:
    one, other = shelf.added().key.delivery_id, shelf.added().key.delivery_id
    for delivery_id in (one, other):
        shelf.reports.put(delivery_id, report(b"first"))

    shelf.reports.put(one, report(b"second"))

    kept = shelf.reports.get(one), shelf.reports.get(other)
    assert [each.page for each in kept if each] == [b"second", b"first"]


def test_rates_are_the_newest_of_the_source_the_newest_first(shelf: Shelf) -> None:
    put(shelf, {"phone=valid": 0.1}, {"phone=valid": 0.2}, {"phone=valid": 0.3})

    assert shelf.reports.rates(shelf.source, last=2) == (
        {"phone=valid": 0.3},
        {"phone=valid": 0.2},
    )
    assert len(shelf.reports.rates(shelf.source, last=10)) == 3
    assert shelf.reports.rates(shelf.source, last=0) == ()


def test_a_report_made_again_is_the_newest(shelf: Shelf) -> None:
    first, _ = put(shelf, {"a": 0.1}, {"a": 0.2})

    shelf.reports.put(first.key.delivery_id, report(token_rates={"a": 0.9}))

    assert shelf.reports.rates(shelf.source, last=5) == ({"a": 0.9}, {"a": 0.2})


def test_rates_of_another_source_do_not_count(shelf: Shelf) -> None:
    put(shelf, {"a": 0.1})

    assert shelf.reports.rates(f"{shelf.source}x", last=5) == ()


def test_a_report_without_rates_takes_no_place_among_them(shelf: Shelf) -> None:
    put(shelf, {"a": 0.1})
    shelf.reports.put(shelf.added().key.delivery_id, report(verdict="passed"))

    assert shelf.reports.rates(shelf.source, last=1) == ({"a": 0.1},)
