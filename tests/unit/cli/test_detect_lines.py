"""`custody detect`: one answer per line, in order, whatever a line is."""

import json

import pytest
from typer.testing import CliRunner, Result

from custody.cli.main import app
from custody.domain.kind_words import KIND_WORDS
from custody.domain.kinds import Kind

CANARY = "an-invented-canary"


def _detect(text: str, *options: str) -> Result:
    return CliRunner().invoke(
        app, ["detect", *options], input=text, env={"CUSTODY_LANG": "en"}
    )


def _lines(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize(
    "bad",
    [f"{CANARY}", f'["{CANARY}"]', f'{{"other": "{CANARY}"}}', "", "[" * 100_000],
)
def test_a_bad_line_is_answered_in_its_place_and_the_next_ones_too(bad: str) -> None:
    good = '{"value": "anna@example.com"}'

    result = _detect(f"{good}\n{bad}\n{good}\n")

    first, second, third = _lines(result)
    assert first == third
    assert first["kinds"] == ["email"]
    assert second == {"error": "malformed", "line": 2}
    assert result.exit_code == 2
    assert result.stderr == "line 2 is no JSON object with a value\n"
    assert CANARY not in result.output


def test_good_lines_alone_end_well() -> None:
    result = _detect('{"value": ""}\n{"value": null}\n', "--today", "2026-11-23")

    assert result.exit_code == 0
    assert [line["kinds"] for line in _lines(result)] == [[], []]
    assert result.stderr == ""


def test_a_bad_date_is_told_without_a_traceback() -> None:
    result = _detect('{"value": ""}\n', "--today", "23.11.2026")

    assert result.exit_code == 2
    assert "--today" in result.stderr
    assert "Traceback" not in result.output


def test_its_help_says_what_goes_in_and_what_comes_out() -> None:
    """In both languages: every kind, every field of an answer, the exit status."""
    told = CliRunner().invoke(app, ["detect", "--help"], env={"COLUMNS": "200"}).output

    plain = " ".join(told.split())
    for kind, words in KIND_WORDS.items():
        assert f"{kind.value} {words.zh}" in plain
    for said in ('{"value": "…"}', "valid", "level", "malformed", "exit status"):
        assert said in plain


def test_every_kind_has_words() -> None:
    """A kind without them would end the command that names it."""
    assert set(KIND_WORDS) == set(Kind)
