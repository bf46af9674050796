"""`people.yaml`: who decides, and what refuses a policy that would deadlock (A4)."""

from collections.abc import Mapping

from custody.adapters.policy.classification import refuse_bad_code
from custody.adapters.policy.section import Section
from custody.domain.people import (
    APPROVES,
    DEPARTMENT_OF,
    REQUESTS,
    VOICES,
    Deadlock,
    People,
    Person,
    Role,
)
from custody.domain.policy import DEPARTMENTS
from custody.errors import PolicyError

FILE = "people.yaml"
_PROBLEMS = {
    Deadlock.NOBODY: "nobody has the role {role}",
    Deadlock.ONE_PERSON: (
        f"one person alone is {REQUESTS} and {APPROVES}: nobody approves their own"
        " request (R70)"
    ),
    Deadlock.TOO_FEW: (
        f"at least {VOICES + 1} people are {{role}}: a lost key is replaced on the"
        " word of two others"
    ),
}


def read_people(entries: Mapping[str, Section]) -> People:
    """Return the people of policy; PolicyError when nobody could decide."""
    people = People(tuple(_person(name, entry) for name, entry in entries.items()))
    for deadlock, role in people.deadlocks():
        raise PolicyError(FILE, "-", _PROBLEMS[deadlock].format(role=role))
    return people


def _person(person_id: str, entry: Section) -> Person:
    refuse_bad_code(entry, person_id)
    with entry as section:
        person = Person(
            person_id=person_id,
            name=section.text("name"),
            department=section.one_of("department", DEPARTMENTS),
            roles=frozenset(map(Role, section.words("roles", Role))),
        )
        if not person.name.isprintable():
            raise section.error("name", "one printable line is expected")
        for role, department in DEPARTMENT_OF.items():
            if role in person.roles and person.department != department:
                raise section.error(
                    "roles", f"{role} is of the department {department}"
                )
        return person
