"""A site after a destruction whose last escrows may leave, killed as they do."""

import dataclasses
import datetime as dt
from collections.abc import Callable
from functools import partial
from typing import Self

from custody.adapters import roles
from custody.bootstrap import Custody
from custody.crypto import signing
from custody.domain.certificate import DestructionCertificate
from custody.domain.certificate_form import read_certificate
from custody.domain.ledger_check import verify_lines
from tests.builders.destructions import leave, signed_plan
from tests.fakes.world import FixedClock
from tests.faults.mortal import Mortal
from tests.faults.moulds import Mould
from tests.faults.survivors import lost


def let_go(custody: Custody, *, at: dt.datetime) -> object:
    """Let expired escrows leave, and close what is closed, on a later day."""
    custody.clock = FixedClock(at)  # type: ignore[assignment]
    return custody.remove_escrows(), custody.close_destructions()


@dataclasses.dataclass
class Closings(Mortal):
    """The site on the day when every lock has run out."""

    numbers: list[str]
    at: dt.datetime

    @classmethod
    def of(cls, mould: Mould) -> Self:
        """Destroy the first customer."""
        gone, *others = mould.persons
        custody = mould.site.installation.custody
        leave(custody, gone)
        custody.destroy(signed_plan(custody).digest)
        (kept,) = custody.certificates_as(roles.WAREHOUSE_READER).all()
        stated = read_certificate(kept.content).certificate
        assert isinstance(stated, DestructionCertificate)
        day = stated.expected_from + dt.timedelta(days=1)
        at = dt.datetime.combine(day, dt.time(4), tzinfo=dt.UTC)
        return cls(mould.site, [one.number for one in others], at)

    @property
    def work(self) -> Callable[[Custody], object]:
        """Let go."""
        return partial(let_go, at=self.at)

    @property
    def survivors(self) -> list[str]:
        """Who was not destroyed."""
        return self.numbers

    def holds(self) -> None:
        """No escrow of a destroyed epoch is anywhere; closed once; others open."""
        assert lost(self.custody, self.numbers) == []
        book = self.custody.certificates_as(roles.WAREHOUSE_READER)
        assert [kept.kind for kept in book.all()] == ["destruction", "closing"]
        for medium in self.custody.media:
            gone = {
                epoch
                for epoch in self.custody.provider.epochs()
                if self.custody.provider.state(epoch).name == "destroyed"
            }
            assert gone
            assert self.custody.list_escrows(medium, gone).destroyed == 0
        pins = [signing.fingerprint(self.custody.public_keys.ledger)]
        verdict = verify_lines(
            self.custody.ledger.lines(), verify=signing.verify_labelled, pins=pins
        )
        assert list(verdict.faults) == []
