"""What a user is told of a fault exists in both languages (design section 3).

An error of ours is made from a `Text`; a database step has Chinese words.  What is
read in Airflow's log alone may be English.
"""

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from custody import errors
from custody.domain.os_words import PLACES
from custody.domain.step_words import OF_SOMETHING, STEPS
from tests.house.files import ROOT

PACKAGE = ROOT / "include" / "custody"
OURS = {
    name
    for name, kind in vars(errors).items()
    if isinstance(kind, type)
    and issubclass(kind, errors.CustodyError)
    and kind.__init__ is errors.CustodyError.__init__
}
IN_A_LOG = {
    "orchestration/conf.py",  # both languages in one sentence, for Airflow's own page
    "orchestration/starting.py",
}
STEP_DOORS = {"transaction", "unflushed", "translated", "snapshot"}


def _calls(folder: Path) -> Iterator[tuple[str, ast.Call, str]]:
    """Yield module, call and the bare name of what is called."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func
                name = called.attr if isinstance(called, ast.Attribute) else ""
                name = called.id if isinstance(called, ast.Name) else name
                yield str(path.relative_to(folder)), node, name


def one_language(folder: Path) -> set[str]:
    """Return the modules that make an error of ours from a message of their own."""
    return {
        module
        for module, call, name in _calls(folder)
        if name in OURS and call.args and isinstance(call.func, ast.Name)
    }


def test_every_error_is_told_in_both_languages() -> None:
    assert one_language(PACKAGE) == IN_A_LOG


def test_twin_a_message_in_one_language_is_found(tmp_path: Path) -> None:
    source = 'raise WorldError("no")\nraise X.as_error(WorldError)\n'
    (tmp_path / "a.py").write_text(source, encoding="utf-8")
    (tmp_path / "b.py").write_text("raise X.as_error(WorldError)\n", encoding="utf-8")

    assert one_language(tmp_path) == {"a.py"}


def test_every_database_step_has_words_and_no_word_is_left_over() -> None:
    told, begun = set(), set()
    for _, call, name in _calls(PACKAGE):
        for one in call.args if name in STEP_DOORS else ():
            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                told.add(one.value)
            elif isinstance(one, ast.JoinedStr):
                assert isinstance(one.values[0], ast.Constant)
                begun.add(str(one.values[0].value))

    assert told == set(STEPS)
    assert begun == set(OF_SOMETHING)


def test_every_place_of_the_operating_system_has_words() -> None:
    """A name of a medium or of a delivery is the same in both."""
    begun = {
        one.value.partition(", ")[0]
        for _, call, _ in _calls(PACKAGE / "adapters")
        if ast.unparse(call.func) == "durable.world"
        for one in ast.walk(call.args[0])
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
        if one.value.strip(": ") and not one.value[0].isupper()
    }

    assert begun <= set(PLACES)


def _texts() -> Iterator[tuple[str, str, str]]:
    for module, call, name in _calls(PACKAGE):
        if name == "Text" and len(call.args) == 2:
            told = [one.value for one in call.args if isinstance(one, ast.Constant)]
            if len(told) == 2:
                yield module, str(told[0]), str(told[1])


def _places(text: str) -> set[str]:
    return {one for _, one, _, _ in string.Formatter().parse(text) if one}


def test_both_languages_name_the_same_places() -> None:
    wrong = [
        (module, en)
        for module, zh, en in _texts()
        if "{" in en + zh and _places(zh) != _places(en)
    ]

    assert wrong == []
    assert sum(1 for _ in _texts()) > 500


@pytest.mark.parametrize("kind", sorted(OURS))
def test_the_kinds_that_are_looked_for_are_ours(kind: str) -> None:
    assert issubclass(getattr(errors, kind), errors.CustodyError)
