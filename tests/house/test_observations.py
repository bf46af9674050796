"""A certificate states what was seen: only who looks makes an observation (R72)."""

import ast

from tests.house.files import PACKAGE, place, python_files

SEEN = {"Observation", "Recovery", "FullSetSeen", "Listing"}
LOOKERS = {
    "include/custody/application/write_set.py",
    "include/custody/application/destroy/observe.py",
    "include/custody/application/destroy/prove.py",
    "include/custody/application/escrow_removal.py",
    # gives back what was kept of those that looked
    "include/custody/adapters/warehouse/destruction.py",
    # and what the signed ledger tells of them, for a restore
    "include/custody/domain/destruction_story.py",
}
CERTIFIERS = {
    "DestructionCertificate": {"include/custody/domain/certificate.py"},
    "ClosingCertificate": {"include/custody/domain/closing.py"},
}


def _makers(names: set[str]) -> set[str]:
    """Return the modules in which one of these is called by its name."""
    return {
        place(path)
        for path in python_files(PACKAGE)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in names
    }


def test_who_looks_makes_observations_and_nobody_else() -> None:
    assert _makers(SEEN) == LOOKERS


def test_only_the_rules_make_a_certificate() -> None:
    """Reading one back is by its form, whose verdict is `judge_certificate`'s."""
    for name, homes in CERTIFIERS.items():
        assert _makers({name}) == homes
