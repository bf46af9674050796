"""Killed anywhere while the last escrows leave, one retry brings it to its end."""

import pytest

from custody.application.closing import CloseDestructions
from custody.application.escrow_removal import RemoveEscrows
from tests.builders.certificates import ANNEX, MEDIA, certificate
from tests.faults.points import kill_points
from tests.unit.application.test_certificates import Yard

POINTS = sorted(kill_points("closing."))


class Killed(BaseException):
    """What no code of ours catches."""


def _work(yard: Yard, *, kill: str = "") -> list[str]:
    """Remove and close; die at a point; return the points that were passed."""
    passed: list[str] = []

    def reached(name: str) -> None:
        passed.append(name)
        if name == kill:
            raise Killed

    keep, remove = yard.keep, yard.remove
    object.__setattr__(keep, "reached", reached)
    object.__setattr__(remove, "reached", reached)
    assert isinstance(remove, RemoveEscrows)
    remove()
    CloseDestructions(
        book=yard.book,
        media=yard.media,
        listing=yard.listing,
        quarantined=lambda: (),
        ledger=yard.ledger,
        keep=keep,
        clock=yard.clock,
    )()
    return passed


def _yard() -> Yard:
    yard = Yard()
    yard.keep(certificate(), ANNEX)
    return yard


def test_every_point_is_passed_on_this_road() -> None:
    """Tested = found: before and after each effect."""
    assert set(_work(_yard())) == set(POINTS)
    effects = {point.rpartition(".")[0] for point in POINTS}
    assert {f"{it}.{side}" for it in effects for side in ("before", "after")} == set(
        POINTS
    )


@pytest.mark.parametrize("point", POINTS)
def test_one_retry_comes_to_the_same_end(point: str) -> None:
    whole, yard = _yard(), _yard()
    _work(whole)

    with pytest.raises(Killed):
        _work(yard, kill=point)
    _work(yard)

    assert [kept.content for kept in yard.book.kept][:1] == [
        kept.content for kept in whole.book.kept
    ][:1]
    assert [kept.kind for kept in yard.book.kept] == ["destruction", "closing"]
    assert [medium.objects for medium in yard.media] == [
        medium.objects for medium in whole.media
    ]
    assert yard.close() == ()
    assert {medium.name for medium in yard.media} == set(MEDIA)
