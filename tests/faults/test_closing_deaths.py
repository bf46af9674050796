"""Killed anywhere while the last escrows leave, one retry brings it to its end.

On fakes at every point in no time; on databases and folders by SIGKILL.
"""

from collections.abc import Iterator

import pytest

from custody.application.closing import CloseDestructions
from custody.application.escrow_removal import RemoveEscrows
from tests.builders.certificates import ANNEX, MEDIA, certificate
from tests.faults.closings import Closings
from tests.faults.moulds import Mould
from tests.faults.points import kill_points, walked
from tests.faults.walk import FAULT, Death
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


# --- processes that are killed ------------------------------------------------------

SAMPLE = Death("closing.remove.after")
"""One escrow has left a medium, and the others have not."""


@pytest.fixture(scope="module")
def closings(mould: Mould) -> Iterator[Closings]:
    """A copy of the loaded site, after one destruction."""
    with mould.copy() as loaded:
        closings = Closings.of(loaded)
        closings.pass_once()
        yield closings


@pytest.mark.integration
def test_a_process_killed_while_escrows_leave_converges_in_one_retry(
    closings: Closings,
) -> None:
    assert not [point for point in closings.passed if point.startswith(FAULT)]
    assert walked("closing.", closings.passed) == set(kill_points("closing."))
    closings.die(SAMPLE)


@pytest.mark.integration
@pytest.mark.faults
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("server", [False, True])
def test_a_process_killed_anywhere_while_escrows_leave_converges_in_one_retry(
    closings: Closings,
    server: bool,  # noqa: FBT001 - a case
) -> None:
    for death in closings.deaths():
        closings.die(death, server=server)

    assert closings.deaths()
