"""A site after a destruction whose last escrows may leave, killed as they do."""

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Iterator
from functools import partial
from typing import Self

from custody.adapters import roles
from custody.bootstrap import Custody
from custody.crypto import signing
from custody.domain.certificate import DestructionCertificate
from custody.domain.certificate_form import read_certificate
from custody.domain.ledger_check import verify_lines
from custody.errors import ConflictError
from tests.builders.destructions import leave, signed_plan
from tests.fakes.world import FixedClock
from tests.faults.moulds import Mould
from tests.faults.site import Site
from tests.faults.survivors import lost
from tests.faults.walk import Death, opened, walk


def let_go(custody: Custody, *, at: dt.datetime) -> object:
    """Let expired escrows leave, and close what is closed, on a later day."""
    custody.clock = FixedClock(at)  # type: ignore[assignment]
    return custody.remove_escrows(), custody.close_destructions()


@dataclasses.dataclass
class Closings:
    """The site on the day when every lock has run out."""

    site: Site
    numbers: list[str]
    at: dt.datetime
    passed: list[str] = dataclasses.field(default_factory=list)

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

    @contextlib.contextmanager
    def copy(self) -> Iterator[Self]:
        """Lend a copy of it, to be spoilt."""
        with self.site.copy() as site:
            yield dataclasses.replace(self, site=site)

    @property
    def custody(self) -> Custody:
        """Custody as this process has it."""
        return self.site.installation.custody

    def walk(self, death: Death | None = None) -> list[str] | None:
        """Let go in a process; return what it passed, None when it was killed."""
        work = partial(let_go, at=self.at)
        return walk(self.site.installation.environment, death, work=work)

    def pass_once(self) -> None:
        """Let go on a copy, unharmed, and note what is passed."""
        with self.copy() as whole:
            self.passed = whole.walk() or []
            whole.holds()

    def deaths(self) -> list[Death]:
        """Return the first visit of each point that is passed, and the last one."""
        visits = (
            Death(point, visit)
            for point in self.passed
            for visit in (1, self.passed.count(point))
        )
        return list(dict.fromkeys(visits))

    def die(self, death: Death, *, server: bool = False) -> None:
        """Let go on a copy, die, let go once more, and look if everything holds."""
        print(death, "server" if server else "")  # noqa: T201 - what failed is last
        with self.copy() as one:
            process = one.site.postmaster() if server else None
            heard = one.walk(dataclasses.replace(death, process=process))
            assert heard is None or server, f"{death} survived"
            if server:
                one.site.server.start()
            assert lost(one.custody, one.numbers) == []
            one.retry()
            one.holds()

    def retry(self) -> None:
        """Let go once more; the server may take a moment to see who died."""
        for _ in range(20):
            try:
                let_go(opened(self.site.installation.environment), at=self.at)
            except ConflictError:
                continue
            return
        raise AssertionError("what died still holds a lock")

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
