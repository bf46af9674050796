"""Whose row is this? The ordered match keys of a source decide (R27, R28).

A key is a tuple of fields and needs all of them; what is compared are blind-index
tokens, so the rule never meets a value.  The first key that finds a customer
proposes it; a contradiction holds the row for a steward.  Rows of one delivery
are decided in row order, each as if the ones before it were in the register.
Which customers the register knows, and their numbers, come in from outside.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

KeyToken = tuple[bytes, ...]
"""The tokens of one key's fields, in the key's order."""


class HoldReason(StrEnum):
    """Why a row waits for a steward; the code is stable and printed."""

    AMBIGUOUS_MATCH = "ambiguous_match"  # two keys name different customers
    KEY_CONFLICT = "key_conflict"  # a stronger key of the match differs
    NOBODY_TO_ENRICH = "nobody_to_enrich"  # its source may only match


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """One row to decide: per match key its token (None: a field is missing)."""

    row: int
    handle: bytes
    keys: tuple[KeyToken | None, ...]
    row_tokens: Mapping[str, bytes]  # by level, over all fields of the level


@dataclass(slots=True, kw_only=True, eq=False)
class Customer:
    """A customer as matching sees it; no number if new here.

    `version` is the latest of all; `keys` are those of the latest full version;
    `handle` and `row_tokens` are of the latest version of the part that is decided
    about, `handle` None when the part has none yet.
    """

    number: str | None
    version: int
    handle: bytes | None
    keys: tuple[KeyToken | None, ...]
    row_tokens: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class NewVersion:
    """The row becomes this version of the customer; version 1 founds it."""

    customer: Customer
    version: int


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The row equals the customer's latest version, which has this handle."""

    customer: Customer
    same_as: bytes


@dataclass(frozen=True, slots=True)
class Held:
    """The row waits for a steward."""

    reason: HoldReason


Decision = NewVersion | Unchanged | Held


@dataclass(slots=True)
class Matcher:
    """Decides rows one after the other; knows what the register knows of them.

    `known` says which customers a key finds by its token: those in the register
    through any version, and those that rows decided here have founded.  Rows of a
    source that `enriches` found nobody and leave a customer's keys as they were.
    """

    known: dict[tuple[int, KeyToken], list[Customer]] = field(default_factory=dict)
    enriches: bool = False

    def learn(self, customer: Customer, keys: Iterable[tuple[int, KeyToken]]) -> None:
        """Note that these keys (position, token) find the customer."""
        for key in keys:
            found = self.known.setdefault(key, [])
            if not any(other is customer for other in found):
                found.append(customer)

    def decide(self, applicant: Applicant) -> Decision:
        """Decide one row and remember the version that it makes."""
        found = [self._found(key) for key in enumerate(applicant.keys)]
        proposing = next((at for at, names in enumerate(found) if names), None)
        if proposing is None:
            if self.enriches:
                return Held(HoldReason.NOBODY_TO_ENRICH)
            return self._accept(applicant, None)
        proposal = found[proposing]
        customer = proposal[0]
        if len(proposal) > 1 or any(
            names and not any(name is customer for name in names)
            for names in found[proposing + 1 :]
        ):
            return Held(HoldReason.AMBIGUOUS_MATCH)
        if _differ(applicant.keys[:proposing], customer.keys[:proposing]):
            return Held(HoldReason.KEY_CONFLICT)
        same = dict(applicant.row_tokens) == dict(customer.row_tokens)
        if same and customer.handle is not None:
            return Unchanged(customer, customer.handle)
        return self._accept(applicant, customer)

    def _found(self, key: tuple[int, KeyToken | None]) -> Sequence[Customer]:
        position, token = key
        return () if token is None else self.known.get((position, token), ())

    def _accept(self, applicant: Applicant, customer: Customer | None) -> NewVersion:
        """Make the row the latest version of a customer, a new one if None."""
        if customer is None:
            customer = Customer(
                number=None,
                version=0,
                handle=applicant.handle,
                keys=applicant.keys,
                row_tokens={},
            )
        customer.version += 1
        customer.handle = applicant.handle
        customer.keys = customer.keys if self.enriches else applicant.keys
        customer.row_tokens = applicant.row_tokens
        present = ((at, key) for at, key in enumerate(applicant.keys) if key)
        self.learn(customer, present)
        return NewVersion(customer, customer.version)


def _differ(row: Sequence[KeyToken | None], latest: Sequence[KeyToken | None]) -> bool:
    """Whether a key is present on both sides and not the same."""
    return any(
        mine is not None and theirs is not None and mine != theirs
        for mine, theirs in zip(row, latest, strict=True)
    )
