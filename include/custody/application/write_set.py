"""Write a set: everything sealed, on every medium, read back; its manifest last.

One snapshot of both databases, the warehouse before the keyring, so that every value
has its key.  A medium that fails is left out from there on and named; it stops no
other.  Until its manifest is signed and read back a set is none (design section 4).
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from custody.application.copy_ledger import CopyLedger
from custody.application.drafted_set import Draft, WrittenSet
from custody.application.escrows import media_without
from custody.application.ledgered import Ledgered
from custody.application.ports import (
    Ahead,
    Clock,
    Offsite,
    Reached,
    in_turn,
    pass_by,
)
from custody.application.ports.backup import (
    Keys,
    KeysSnapshot,
    Rows,
    RowsSnapshot,
    SetObjects,
    TableOf,
)
from custody.application.readme import put_readme
from custody.application.set_pages import proven, with_keys
from custody.application.there import read_there
from custody.domain.epochs import FIELD_ROOT, SUPPRESSION_ROOT, EpochId, Purpose
from custody.domain.full_set import (
    FullSet,
    manifest_digest,
    manifest_path,
    objects_folder,
    write_manifest,
)
from custody.domain.intake_days import KnownDelivery
from custody.domain.language import said
from custody.domain.ledger import Signer
from custody.domain.observations import FullSetSeen
from custody.domain.reconciliation import Reconciled
from custody.domain.set_words import (
    CONTRADICTED,
    NO_ESCROW,
    OTHER_MANIFEST,
    OTHER_OBJECTS,
)
from custody.errors import CustodyError, EvidenceError

Missing = Callable[[Iterator[KnownDelivery], Ledgered], Sequence[str]]
"""Which intake days are not complete, by what the snapshot has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteSet:
    """The use case under a backup and under a destruction; hold `exclusively`.

    `tags`: medium -> to whom its escrows must be sealed (`PublicKeys.tags`).
    `ahead` hashes a page and finds its keys while the last one is written.
    """

    dataset: str
    rows: Rows
    keys: Keys
    objects: SetObjects
    media: Sequence[Offsite]
    tags: Mapping[str, str]
    copy_ledger: CopyLedger
    signer: Signer
    clock: Clock
    lock_days: int
    page: bytes = b""
    """In clear: how to restore should Custody be gone; nothing writes none."""
    ahead: Ahead = in_turn
    reached: Reached = pass_by

    def __call__(
        self, name: str, *, plan: str = "", missing: Missing | None = None
    ) -> WrittenSet:
        """Write; EvidenceError when the register contradicts the ledger or its keys.

        Nothing is signed then.  What a medium could not take is in `faults`.
        """
        until = self.clock.now().date() + dt.timedelta(days=self.lock_days)
        draft = Draft(name, until, [medium.name for medium in self.media])
        with ExitStack() as stack:
            rows = stack.enter_context(self.rows.taken())
            keys = stack.enter_context(self.keys.taken())
            ledgered = Ledgered.of(rows.ledger(), self.copy_ledger.trust)
            named = () if missing is None else missing(rows.deliveries(), ledgered)
            self._write_values(draft, rows, keys, ledgered)
            reconciled = _insist(ledgered.judge(rows.destroyed()))
            for source in (rows, keys):
                for table in source.tables():
                    self._write_table(draft, source, table)
            stated = self._stated(draft, rows, ledgered, plan=plan, missing=named)
        return WrittenSet(
            name=name,
            values=stated.values,
            root=stated.root.hex(),
            rows=draft.rows,
            seen=tuple(self._seal(draft, stated)),
            faults=draft.faults,
            missing=stated.missing,
            reconciled=reconciled,
        )

    def _stated(
        self,
        draft: Draft,
        rows: RowsSnapshot,
        ledgered: Ledgered,
        *,
        plan: str,
        missing: Sequence[str],
    ) -> FullSet:
        """Return what the manifests of all media have in common."""
        draft.epochs |= {FIELD_ROOT, SUPPRESSION_ROOT}
        draft.epochs |= {
            EpochId(Purpose.INDEX, None, number) for number in rows.index_epochs()
        }
        return FullSet(
            dataset=self.dataset,
            medium="",
            plan=plan,
            values=draft.tree.size,
            root=draft.tree.root(),
            objects=(),
            made_at=rows.taken_at,
            ledger=ledgered.head,
            epochs=tuple(sorted(map(str, draft.epochs))),
            missing=tuple(missing),
        )

    def _write_values(
        self,
        draft: Draft,
        rows: RowsSnapshot,
        keys: KeysSnapshot,
        ledgered: Ledgered,
    ) -> None:
        keyed = self.ahead(with_keys(rows.values(), keys))
        pages = self.ahead(proven(draft, keyed, ledgered))
        with closing(keyed), closing(pages):  # before the snapshots are let go
            for at, frame in enumerate(pages, start=1):
                self.reached("backup.values.before")
                offered = self.objects.values(
                    f"full/{draft.name}/{at:06d}",
                    frame,
                    media=draft.media,
                    locked_until=draft.until,
                )
                self.reached("backup.values.after")
                draft.keep_values(offered)

    def _write_table(
        self, draft: Draft, source: RowsSnapshot | KeysSnapshot, table: TableOf
    ) -> None:
        self.reached("backup.table.before")
        offered = self.objects.table(
            f"full/{draft.name}/{table.name}",
            lambda: source.copy(table),
            media=draft.media,
            locked_until=draft.until,
        )
        self.reached("backup.table.after")
        draft.keep_table(table, offered)

    def _seal(self, draft: Draft, stated: FullSet) -> Iterator[FullSetSeen]:
        """Sign each medium's manifest when all that it needs was seen there."""
        for medium in self.media:
            if medium.name in draft.faults:
                continue
            try:
                manifest = self._seal_on(medium, draft, stated)
            except CustodyError as fault:
                draft.faults[medium.name] = said(fault)
                continue
            yield FullSetSeen(
                medium=medium.name,
                manifest=manifest_digest(manifest),
                values=stated.values,
                root=stated.root.hex(),
                seen_at=self.clock.now(),
            )

    def _seal_on(self, medium: Offsite, draft: Draft, stated: FullSet) -> bytes:
        full = stated.on(
            medium.name,
            objects=draft.objects.get(medium.name, ()),
            tables=draft.tables.get(medium.name, ()),
        )
        lost = [one for one in draft.epochs if media_without(one, (medium,), self.tags)]
        if lost:
            names = ", ".join(sorted(map(str, lost)))
            raise NO_ESCROW.as_error(EvidenceError, medium=medium.name, epochs=names)
        self.reached("backup.ledger.before")
        self.copy_ledger.to(medium)
        self.reached("backup.ledger.after")
        there = set(medium.list(objects_folder(draft.name)))
        if there != {path for path, _ in full.parts()}:
            raise OTHER_OBJECTS.as_error(EvidenceError, medium=medium.name)
        self.reached("backup.page.before")
        if self.page:
            put_readme(medium, self.page, locked_until=draft.until)
        self.reached("backup.page.after")
        manifest, path = write_manifest(full, self.signer), manifest_path(draft.name)
        self.reached("backup.manifest.before")
        medium.put(path, manifest, locked_until=draft.until)
        self.reached("backup.manifest.after")
        if read_there(medium, path) != manifest:
            raise OTHER_MANIFEST.as_error(EvidenceError, medium=medium.name)
        return manifest


def _insist(reconciled: Reconciled) -> Reconciled:
    """Refuse a register that is not what the ledger says was loaded."""
    if reconciled.contradicted:
        named = ", ".join(reconciled.contradicted)
        raise CONTRADICTED.as_error(EvidenceError, deliveries=named)
    return reconciled
