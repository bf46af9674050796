"""Who decides: the people of policy, their departments and roles (R39, R69, R70).

A policy under which nobody could ever decide is found here and refused when it is
loaded: a role without anybody, a request and an approval that only one person
could give, too few people to say whose a lost key's successor is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import product


class Role(StrEnum):
    """What somebody may be asked to decide or do (design section 5)."""

    SUBMITTER = "submitter"
    RESPONSIBLE = "responsible"
    DEPARTMENT_HEAD = "department_head"
    LEGAL_REVIEWER = "legal_reviewer"
    SECURITY_REVIEWER = "security_reviewer"
    EXECUTIVE = "executive"
    STEWARD = "steward"
    OPERATOR = "operator"
    AUDITOR = "auditor"


REQUESTS = Role.SECURITY_REVIEWER
"""Who asks for a destruction: the security department (R69)."""

APPROVES = Role.EXECUTIVE
"""Who approves it: the executive in charge, never whoever asked (R70)."""

WITHDRAWS = (Role.SECURITY_REVIEWER, Role.EXECUTIVE, Role.LEGAL_REVIEWER)
"""Who may end a request: those who asked or approve, and legal."""

DEPARTMENT_OF = {
    Role.LEGAL_REVIEWER: "legal",
    Role.SECURITY_REVIEWER: "security",
    Role.EXECUTIVE: "executive_office",
}
"""Roles that only one department has."""

VOUCHING = (
    Role.DEPARTMENT_HEAD,
    Role.LEGAL_REVIEWER,
    Role.SECURITY_REVIEWER,
    Role.EXECUTIVE,
)
"""Who may say whose key a key is: two of these together can make a third."""

VOICES = 2
"""How many of them must say so, the person itself not among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person of policy; `name` is what others are shown."""

    person_id: str
    name: str
    department: str
    roles: frozenset[Role]

    def role_among(self, roles: Iterable[Role]) -> Role | None:
        """Return the first of some roles that the person has."""
        return next((role for role in roles if role in self.roles), None)

    @property
    def may_vouch(self) -> bool:
        """Whether the person's word on another's key counts."""
        return not self.roles.isdisjoint(VOUCHING)


class Deadlock(StrEnum):
    """Why under a policy nobody could decide."""

    NOBODY = "nobody"
    ONE_PERSON = "one_person"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class People:
    """Everybody whom policy names, in file order."""

    everybody: tuple[Person, ...]

    def find(self, person_id: str) -> Person | None:
        """Return one person, or None: unknown is an answer."""
        found = (one for one in self.everybody if one.person_id == person_id)
        return next(found, None)

    def having(self, role: Role) -> tuple[Person, ...]:
        """Return who has a role."""
        return tuple(one for one in self.everybody if role in one.roles)

    def deadlocks(self) -> Iterator[tuple[Deadlock, str]]:
        """Yield what could never be decided, and the role that it fails for."""
        for role in Role:
            if not self.having(role):
                yield Deadlock.NOBODY, role
        pairs = list(product(self.having(REQUESTS), self.having(APPROVES)))
        if pairs and all(one == other for one, other in pairs):
            yield Deadlock.ONE_PERSON, APPROVES
        if sum(one.may_vouch for one in self.everybody) <= VOICES:
            yield Deadlock.TOO_FEW, ", ".join(VOUCHING)
