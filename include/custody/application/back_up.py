"""Back up: a set on every medium, monthly and on demand, and a word in the ledger.

It names the intake days that are not complete and backs up all the same.  Nobody
moves keys, destroys or backs up meanwhile (R65-R68).
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from custody.application.drafted_set import WrittenSet, told_of
from custody.application.ledgered import Ledgered
from custody.application.ports import Clock, Entry, Ledger, Reached, pass_by
from custody.application.ports.rekey import Exclusively
from custody.application.write_set import WriteSet
from custody.domain.intake_days import KnownDelivery, missing_days
from custody.domain.language import Text
from custody.domain.policy import Policy
from custody.errors import CustodyError, EvidenceError

NAME_BYTES = 8
_NOWHERE = Text("没有介质收下备份：{why}", "no medium took the backup: {why}")
_NOT_ALL = Text(
    "备份集 {name} 未写入全部介质：{why}", "{name} is not on every medium: {why}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackUp:
    """The use case; a run that was killed leaves no set, the next writes a new one."""

    policy: Policy
    write_set: WriteSet
    exclusively: Exclusively
    ledger: Ledger
    clock: Clock
    entropy: Callable[[int], bytes]
    reached: Reached = pass_by

    def __call__(self) -> WrittenSet:
        """Back up; `faults` of what is returned say on which media it failed.

        EvidenceError when it failed on all of them, and then no line is written.
        """
        name = f"{self.clock.now():%Y%m%d}-{self.entropy(NAME_BYTES).hex()}"
        with self.exclusively():
            written = self.write_set(name, missing=self._missing)
            if not written.seen:
                raise _NOWHERE.as_error(EvidenceError, why=told_of(written))
            self.reached("backup.told.before")
            self.ledger.append(self._entry(written))
            self.reached("backup.told.after")
        return written

    def everywhere(self) -> str:
        """Back up; return the set's name.

        EvidenceError when a medium did not take it: the set on the others stays.
        """
        written = self()
        if written.faults:
            with suppress(CustodyError):  # on the others a restore takes it
                self.write_set.copy_ledger()
            why = told_of(written)
            raise _NOT_ALL.as_error(EvidenceError, name=written.name, why=why)
        return written.name

    def _entry(self, written: WrittenSet) -> Entry:
        return Entry(
            kind="backed_up",
            subject=self.policy.dataset,
            body={
                "set": written.name,
                "values": written.values,
                "rows": written.rows,
                "root": written.root,
                "manifests": [f"{one.medium}:{one.manifest}" for one in written.seen],
                "failed": sorted(written.faults),
                "missing": list(written.missing),
                "proven": written.reconciled.proven,
                "changed": len(written.reconciled.changed),
            },
        )

    def _missing(
        self, deliveries: Iterator[KnownDelivery], ledgered: Ledgered
    ) -> Sequence[str]:
        """Return what is missing of the days since the last backup, to yesterday."""
        known = tuple(deliveries)
        today = self.policy.today(self.clock.now())
        newest = ledgered.newest_set
        if newest is not None:
            first = self.policy.today(newest.time)
        else:
            first = min((one.business_date for one in known), default=today)
        return missing_days(
            self.policy.sources, known, first=first, last=today - dt.timedelta(days=1)
        )
