"""A policy under which nobody could decide does not load (R70, A4)."""

from pathlib import Path

import pytest

from custody.adapters.policy import load_policy
from custody.domain.people import People, Role
from custody.errors import PolicyError
from tests.builders.policies import PEOPLE, person
from tests.builders.policy_files import POLICY, changed_policy

ALL_ROLES = tuple(Role)


def test_the_shipped_people_can_decide() -> None:
    people = load_policy(POLICY).people

    assert not list(people.deadlocks())
    assert {one.department for one in people.having(Role.SECURITY_REVIEWER)} == {
        "security"
    }
    assert people.find("nobody") is None


@pytest.mark.parametrize("role", Role)
def test_a_role_that_nobody_has_is_refused(tmp_path: Path, role: Role) -> None:
    """Whoever has the role is given another one instead."""
    other = Role.OPERATOR if role is Role.SUBMITTER else Role.SUBMITTER
    first = role is Role.RESPONSIBLE  # of two in the shipped file
    old, new = (f"[{role},", f"[{other},") if first else (f"{role}]", f"{other}]")
    policy = changed_policy(tmp_path, "people.yaml", old, new)

    with pytest.raises(PolicyError, match=f"nobody has the role {role}"):
        load_policy(policy)


def test_a_policy_without_people_is_refused(tmp_path: Path) -> None:
    policy = changed_policy(tmp_path, "people.yaml", "li:", "li:")
    (policy / "people.yaml").unlink()

    with pytest.raises(PolicyError, match="nobody has the role"):
        load_policy(policy)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("department: legal", "department: sales", "legal_reviewer is of the dep"),
        ("department: security", "department: legal", "security_reviewer is of the"),
        ("[executive]", "[executive, tsar]", "only submitter"),
        ("zhao:", "Zhao:", "lower-case word"),
        ("name: 法务部-赵*", 'name: "a\\nb"', "printable line"),
        ("name: 法务部-赵*", "nickname: 赵", "name: is missing"),
    ],
)
def test_a_person_who_does_not_fit_is_refused(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    policy = changed_policy(tmp_path, "people.yaml", old, new)

    with pytest.raises(PolicyError, match=told):
        load_policy(policy)


def test_one_person_cannot_be_both_sides() -> None:
    """R70: where only one person could request and approve, nobody could."""
    others = tuple(
        person(name, "sales", *(set(Role) - {Role.SECURITY_REVIEWER, Role.EXECUTIVE}))
        for name in ("a", "b", "c")
    )
    alone = person("x", "security", Role.SECURITY_REVIEWER, Role.EXECUTIVE)
    second = person("y", "security", Role.SECURITY_REVIEWER)

    assert [each for each, _ in People((*others, alone)).deadlocks()] == ["one_person"]
    assert not list(People((*others, alone, second)).deadlocks())


def test_two_people_cannot_replace_a_lost_key() -> None:
    """Whoever loses a key needs the word of two others."""
    two = (
        person("a", "security", *ALL_ROLES),
        person("b", "executive_office", *ALL_ROLES),
    )

    assert [each for each, _ in People(two).deadlocks()] == ["too_few"]
    assert not list(PEOPLE.deadlocks())
