"""Cover: a full set of every survivor lies on every medium, read back (R65-R67).

Until the monthly backup exists the destruction writes it itself: an expired escrow
may leave a medium only when such a set lies there (design idea 4).  The exporter
makes it, who can open nothing; the manifest is signed by the ledger's key.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from custody.application.destroy.steps import Steps
from custody.application.ports import DataObjects, Entry, Keyring, Offsite, StoredObject
from custody.application.ports.destruction import SealedRows
from custody.application.ports.destruction_book import Run
from custody.domain.destruction import RunState
from custody.domain.full_set import FullSet, manifest_digest, write_manifest
from custody.domain.ledger import Signer
from custody.domain.merkle import MerkleTree
from custody.domain.observations import FullSetSeen
from custody.domain.rowset import sealed_leaf
from custody.errors import EvidenceError

FULL_SET_LOCK_DAYS = 1096
"""As other data objects: three years (R65; PIPL 55-56 keeps records so)."""

NAME_BYTES = 8
FOLDER = "full"

_COLUMNS = (
    *("handle", "customer", "version", "level", "sealed", "digest", "wrapped"),
    *("key_id", "epoch", "state", "business_date"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverSurvivors(Steps):
    """`ended` to `covered`; a killed one writes a new set, and the old one stays."""

    rows: SealedRows
    keyring: Keyring
    objects: DataObjects
    media: Sequence[Offsite]
    signer: Signer
    entropy: Callable[[int], bytes]

    def __call__(self, run: Run) -> Run:
        """Write a full set; EvidenceError when a value has no key record."""
        now = self.clock.now()
        name = f"{FOLDER}/{run.plan[:16]}-{self.entropy(NAME_BYTES).hex()}"
        until = now.date() + dt.timedelta(days=FULL_SET_LOCK_DAYS)
        counted = _Counted()
        stored: list[StoredObject] = []
        for at, page in enumerate(self.rows.pages(), start=1):
            frame = counted.over(self._with_keys(page))
            self.reached("destroy.cover.before")
            stored += self.objects.write(
                f"{name}/{at:06d}", iter((frame,)), locked_until=until
            )
            self.reached("destroy.cover.after")
        seen = tuple(self._seal(run, name, counted, stored, until))
        self.reached("destroy.sets.before")
        self.book.keep_full_sets(run.plan, seen)
        self.reached("destroy.sets.after")
        entry = Entry(
            kind="full_set_written",
            subject=self.policy.dataset,
            body={
                "plan": run.plan,
                "values": counted.tree.size,
                "root": counted.tree.root().hex(),
                "manifests": [f"{one.medium}:{one.manifest}" for one in seen],
            },
        )
        self.reached("destroy.covered.before")
        covered = self.advance(run, RunState.COVERED, entry)
        self.reached("destroy.covered.after")
        return covered

    def _with_keys(self, page: pl.DataFrame) -> pl.DataFrame:
        keys = self.keyring.wrapped(page["handle"].unique().to_list())
        joined = page.join(
            keys.select("handle", "level", "epoch", "key_id", "wrapped"),
            on=["handle", "level", "key_id"],
            how="left",
            maintain_order="left",
        )
        if joined["wrapped"].null_count():
            raise EvidenceError("a survivor has no key record: no full set is written")
        return joined.select(_COLUMNS)

    def _seal(
        self,
        run: Run,
        name: str,
        counted: "_Counted",
        stored: Sequence[StoredObject],
        until: dt.date,
    ) -> Iterator[FullSetSeen]:
        """Write each medium's manifest and read it back, and what it names."""
        for medium in self.media:
            own = [one for one in stored if one.medium == medium.name]
            manifest = write_manifest(
                FullSet(
                    dataset=self.policy.dataset,
                    medium=medium.name,
                    plan=run.plan,
                    values=counted.tree.size,
                    root=counted.tree.root(),
                    objects=tuple((one.path, one.sha256) for one in own),
                ),
                self.signer,
            )
            path = f"{FOLDER}/{name.removeprefix(f'{FOLDER}/')}.manifest"
            medium.put(path, manifest, locked_until=until)
            there = set(medium.list(f"objects/{name}/"))
            if medium.read(path) != manifest or there != {one.path for one in own}:
                raise EvidenceError(f"{medium.name}: the full set reads back otherwise")
            yield FullSetSeen(
                medium=medium.name,
                manifest=manifest_digest(manifest),
                values=counted.tree.size,
                root=counted.tree.root().hex(),
                seen_at=self.clock.now(),
            )


@dataclass(slots=True)
class _Counted:
    """Leaves of a full set, as its values go by; memory does not grow with them."""

    tree: MerkleTree = field(default_factory=MerkleTree)

    def over(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Count a frame in, and return it."""
        rows = frame.select("handle", "level", "key_id", "sealed").rows()
        for handle, level, key_id, sealed in rows:
            self.tree.add(sealed_leaf(handle, level, key_id, sealed))
        return frame
