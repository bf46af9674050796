"""A listing that names what is not there is a fault of that medium, told as one."""

import datetime as dt
from collections.abc import Callable, Mapping

import pytest

from custody.application.copy_ledger import copied_lines, newest_head
from custody.application.escrows import media_without
from custody.application.full_sets import ReadFullSets
from custody.application.verify_media import VerifyMedia
from custody.domain.epochs import EpochId
from custody.errors import EvidenceError
from tests.fakes.keys import FakeMedium
from tests.unit.application.test_copy_ledger import Lines, copying, trust

HIGH = EpochId.parse("live/high/1")
UNTIL = dt.date(2030, 1, 1)


class Liar(FakeMedium):
    """Lists one more object, as an answer does in which a bit was flipped."""

    lie = ""

    def list(self, prefix: str) -> tuple[str, ...]:
        """Return what is there, and what is not."""
        found = super().list(prefix)
        return (*found, self.lie) if self.lie.startswith(prefix) else found


LIES: Mapping[str, Callable[[Liar], object]] = {
    "ledger/000000000009.head": lambda medium: newest_head(medium, trust()),
    "ledger/000000000004-000000000009.lines": lambda medium: list(copied_lines(medium)),
    f"escrow/{HIGH}/ab.ce": lambda medium: media_without(HIGH, (medium,), {"disk": ""}),
    "full/x.manifest": lambda medium: list(ReadFullSets(trust()).listed(medium)),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_is_listed_and_not_there_is_evidence(lie: str) -> None:
    """Twin: the same medium, as long as it does not lie."""
    medium = Liar("disk")
    copying(Lines(3), medium)()
    LIES[lie](medium)

    medium.lie = lie

    with pytest.raises(EvidenceError, match="was there and is not"):
        LIES[lie](medium)


@pytest.mark.parametrize("lie", [*LIES, "full/README.x.md"])
def test_verify_goes_on_with_the_next_medium(lie: str) -> None:
    liar, other = Liar("liar"), FakeMedium("other")
    copying(Lines(3), liar, other)()
    liar.lie = lie

    found = list(VerifyMedia(media=(liar, other), trust=trust())())

    assert [one.medium for one in found if not one.holds] == ["liar"]
    assert [one.medium for one in found if one.holds] == ["other"]
