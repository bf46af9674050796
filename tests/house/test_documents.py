"""What the documents tell a reader to type, set or open exists."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest
import typer

from custody.domain.approving import Doubt
from custody.domain.certificate import Doubt as Uncertified
from custody.domain.destruction import Obstacle, RunState
from tests.house.files import ROOT, place
from tests.house.test_compose import settings

READMES = ("README.md", "README.zh-CN.md")
SAID_TO_SIGNERS = {"unfit_reason", "unknown_proposal", "known_key", "no_key"}
"""What a command tells whoever is about to sign; no run ever stops for it."""
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _read(name: str) -> str:
    """Return the text of a file at the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def _make_targets() -> set[str]:
    """Return the targets that `make help` shows."""
    return set(re.findall(r"^([a-z-]+):.*##", _read("Makefile"), re.MULTILINE))


def _commands(command: object, path: str = "custody") -> Iterator[str]:
    """Yield the command and, of a group, every one below it, as it is typed."""
    yield path
    below: dict[str, object] = getattr(command, "commands", {})
    for name, one in below.items():
        yield from _commands(one, f"{path} {name}")


def _written_commands(text: str) -> Iterator[str]:
    """Yield each `custody …` in backquotes, up to its first argument or option.

    `delivery list`, `show` in one table cell are three commands of one group.
    """
    for line in text.splitlines():
        for words in re.findall(r"`custody ([^`]+)`", line):
            plain = re.match(r"[a-z ]+", words)
            if plain:
                yield f"custody {plain.group().strip()}"


@pytest.mark.parametrize("name", READMES)
def test_make_targets_exist(name: str) -> None:
    """Whoever copies a line from the README gets what it promises."""
    written = set(re.findall(r"\bmake ([a-z-]+)", _read(name)))

    assert written
    assert written <= _make_targets()


def test_the_owed_targets_exist() -> None:
    """The names that every reader of the project may count on."""
    owed = ["help", "setup", "lint", "test", "test-all", "demo", "up", "down", "bench"]

    assert set(owed) <= _make_targets()


@pytest.mark.parametrize("name", READMES)
def test_commands_exist(name: str) -> None:
    """Every command that the README shows is one of the command line."""
    from custody.cli.main import app  # noqa: PLC0415 (only this test needs it)

    known = set(_commands(typer.main.get_command(app)))

    assert not set(_written_commands(_read(name))) - known


@pytest.mark.parametrize("name", READMES)
def test_settings_are_those_that_the_code_reads(name: str) -> None:
    """The table of variables leaves none out and invents none."""
    table = set(re.findall(r"^\| `(CUSTODY_[A-Z0-9_]+)`", _read(name), re.MULTILINE))

    assert table == settings()


def test_both_languages_show_the_same_commands() -> None:
    """A reader of either page can do the same things."""
    english, chinese = (
        (
            re.findall(r"```sh\n(.*?)```", text, re.DOTALL),
            sorted(_written_commands(text)),
        )
        for text in map(_read, READMES)
    )

    assert english == chinese


@pytest.mark.parametrize("path", DOCUMENTS, ids=place)
def test_links_lead_somewhere(path: Path) -> None:
    """Every relative link of a document opens a file."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8"))

    broken = [link for link in links if not (path.parent / link).exists()]

    assert not broken


@pytest.mark.parametrize("path", DOCUMENTS, ids=place)
def test_tests_that_are_cited_exist(path: Path) -> None:
    """A proof that a document points to is there."""
    cited = re.findall(r"`(tests/[\w/.]+)`", path.read_text(encoding="utf-8"))

    assert all((ROOT / name).exists() for name in cited)


def test_every_decision_is_in_the_index() -> None:
    """Whoever writes a decision record adds its line."""
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")

    missing = [it.name for it in folder.glob("0*.md") if f"({it.name})" not in index]

    assert not missing


@pytest.mark.parametrize("codes", [Obstacle, Doubt, Uncertified, RunState])
def test_the_runbook_of_destructions_knows_every_reason(codes: type[StrEnum]) -> None:
    """Whoever reads a reason in a log finds what to do; signing's own are elsewhere."""
    told = set(re.findall(r"`([a-z_]+)`", _read("docs/runbooks/destruction.md")))

    assert {str(code) for code in codes} - SAID_TO_SIGNERS <= told
