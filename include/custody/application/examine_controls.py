"""Examine controls: those who live open, and the destroyed do not (R69-R72).

By the drill's key alone.  A destroyed one opens as long as an escrow of its epoch lies
on a medium, as a customer does; that it is still there when it should have left is
what this looks for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from custody.application.keys import escrow_folder
from custody.application.ports import Clock, Offsite
from custody.application.ports.restore import StoredRows
from custody.application.restore.keys import EscrowedKeys
from custody.crypto.cs1 import open_sealed
from custody.crypto.keyrecord import unwrap_key
from custody.domain.canonical import decode_fields
from custody.domain.controls import (
    DATASET,
    LEVEL,
    Generation,
    generations,
    invented,
)
from custody.domain.drills import DrillFault
from custody.domain.epochs import EpochId
from custody.errors import CustodyError


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamineControls:
    """The use case, for one medium; `private` is the drill's HPKE key of a medium."""

    told: Callable[[], Iterable[bytes]]
    objects: Callable[[Offsite], StoredRows]
    private: Callable[[Offsite], bytes]
    suites: tuple[int, ...]
    clock: Clock
    fault: DrillFault = DrillFault.CONTROLS

    def __call__(self, medium: Offsite) -> Iterator[DrillFault]:
        """Yield what is not as it must be; none that were planted is a fault too."""
        keys = EscrowedKeys(medium=medium, hpke_private=self.private(medium))
        keys.look()
        found = [one for one in generations(self.told()) if medium.name in one.objects]
        if not found or not self._live(medium, found[-1], keys):
            yield DrillFault.CONTROLS
        if any(self._remains(medium, one, keys) for one in found[:-1]):
            yield DrillFault.REMAINS

    def _live(self, medium: Offsite, one: Generation, keys: EscrowedKeys) -> bool:
        """Whether as many as were told are there, and each opens to its own fields."""
        opened = [self._opens(row, keys) for row in self._rows(medium, one)]
        return one.alive > 0 and opened == [True] * one.alive

    def _remains(self, medium: Offsite, one: Generation, keys: EscrowedKeys) -> bool:
        """Whether what ended opens although it must not any more.

        Before that it may: its escrows are locked.
        """
        if medium.list(escrow_folder(one.epoch)):
            return one.outlives(self.clock.now())
        rows = self._rows(medium, one)
        return any(self._opens(row, keys) for row in rows)

    def _rows(self, medium: Offsite, one: Generation) -> Iterator[Mapping[str, Any]]:
        path, digest = one.objects[medium.name]
        for frame in self.objects(medium).frames(path, digest):
            yield from frame.iter_rows(named=True)

    def _opens(self, row: Mapping[str, Any], keys: EscrowedKeys) -> bool:
        epoch, handle, key_id = str(row["epoch"]), row["handle"], row["key_id"]
        bound = {"dataset": DATASET, "level": LEVEL.value, "handle": handle}
        try:
            data_key = unwrap_key(
                wrapping_key=keys.open(EpochId.parse(epoch)),
                wrapped=row["wrapped"],
                epoch=epoch,
                key_id=key_id,
                **bound,
            )
            opened = open_sealed(
                data_key=data_key,
                sealed=row["sealed"],
                key_id=key_id,
                suites=self.suites,
                **bound,
            )
        except CustodyError:
            return False
        return decode_fields(opened.encoding) == invented(handle)
