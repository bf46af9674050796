"""Suppress: the destroyed leave a mark by which old deliveries are refused (R69).

The mark is made from index tokens, before these are deleted: nobody is opened.  It
tells nothing without its key, and goes after the time that policy states.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custody.application.ports import Clock, Entry, KeyProvider, Reached, pass_by
from custody.application.ports.suppress import (
    Suppressed,
    Suppressions,
    VersionTokens,
)
from custody.crypto.blindindex import inners_of
from custody.crypto.suppression import suppression_tokens
from custody.domain.epochs import SUPPRESSION_ROOT, EpochId, Purpose
from custody.domain.policy import Policy
from custody.domain.suppression import match_key_name, match_key_names

CUSTOMERS_PER_BATCH = 1_000
"""Customers suppressed in one transaction; memory is that of their tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressCustomers:
    """The use case, as the destroyer; repeating it changes nothing."""

    policy: Policy
    provider: KeyProvider
    suppressions: Suppressions
    reached: Reached = pass_by

    def __call__(self, numbers: Sequence[str], *, destroyed_on: dt.date) -> int:
        """Write the suppression tokens of customers; return how many they have.

        One for each match key of any source of policy that a version bears.
        `destroyed_on` is the last business day whose data are refused.
        KeyDestroyedError when an index key is gone: their tokens tell nothing.
        """
        return sum(
            self._batch(numbers[start : start + CUSTOMERS_PER_BATCH], destroyed_on)
            for start in range(0, len(numbers), CUSTOMERS_PER_BATCH)
        )

    def _batch(self, numbers: Sequence[str], destroyed_on: dt.date) -> int:
        keys = match_key_names(
            fields for source in self.policy.sources for fields in source.match_keys
        )
        fields = sorted({name for key in keys for name in key})
        borne: dict[tuple[str, ...], set[bytes]] = {key: set() for key in keys}
        for version in self.suppressions.versions(numbers, fields):
            inner = self._inner(version)
            for key in keys:
                if all(name in inner for name in key):
                    borne[key].add(b"".join(inner[name] for name in key))
        tokens = list(self._tokens(borne))
        rules = self.policy.suppression
        suppressed = Suppressed(
            tokens=tokens,
            destroyed_on=destroyed_on,
            expires_on=rules.keep.last_day(destroyed_on),
            legal_basis=rules.legal_basis,
        )
        self.reached("destroy.suppress.before")
        self.suppressions.add(suppressed, self._entry(suppressed, len(numbers)))
        self.reached("destroy.suppress.after")
        return len(tokens)

    def _inner(self, version: VersionTokens) -> dict[str, bytes]:
        key = self.provider.open(EpochId(Purpose.INDEX, None, version.index_epoch))
        names = list(version.tokens)
        found = inners_of(index_key=key, tokens=[version.tokens[one] for one in names])
        return dict(zip(names, found, strict=True))

    def _tokens(
        self, borne: dict[tuple[str, ...], set[bytes]]
    ) -> Iterator[tuple[str, bytes]]:
        root = self.provider.open(SUPPRESSION_ROOT)
        for fields, inners in borne.items():
            name = match_key_name(fields)
            made = suppression_tokens(
                key=root,
                dataset=self.policy.dataset,
                match_key=name,
                inners=sorted(inners),
            )
            yield from ((name, token) for token in made)

    def _entry(self, suppressed: Suppressed, customers: int) -> Entry:
        return Entry(
            kind="suppressed",
            subject=self.policy.dataset,
            body={
                "customers": customers,
                "tokens": len(suppressed.tokens),
                "destroyed_on": suppressed.destroyed_on.isoformat(),
                "expires_on": suppressed.expires_on.isoformat(),
                "legal_basis": suppressed.legal_basis,
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireSuppressions:
    """Deletes what has stood long enough; as the destroyer, at any time."""

    policy: Policy
    suppressions: Suppressions
    clock: Clock

    def __call__(self) -> int:
        """Return how many suppression tokens went."""
        return self.suppressions.expire(self.policy.today(self.clock.now()))
