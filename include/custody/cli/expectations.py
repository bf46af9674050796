"""`custody expectations try SUITE FILE`: what a suite would say of a file."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.domain.language import Text, choose_language
from custody.domain.report_words import ANSWER_WORDS, SEVERITY_WORDS, demand_of
from custody.domain.verdict import DeliveryVerdict, decide
from custody.errors import DeliveryError, PolicyError

if TYPE_CHECKING:
    from custody.application.trials import Trial

FAILED = 1
"""Exit status when a critical expectation fails or one could not run."""

WRONG = 2
"""Exit status when the suite or the file cannot be read."""


def add_to(app: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(
        no_args_is_help=True, help="检查规则。 Expectations that guard deliveries."
    )
    group.command(
        "try",
        help="在文件上试用一套检查规则，只显示计数。"
        " Try a suite on a file; only counts are shown.",
    )(try_suite)
    app.add_typer(group, name="expectations")


def try_suite(
    suite: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    *,
    source: Annotated[
        str,
        typer.Option(
            help="按此来源读取与规范；否则字段名即表头。"
            " Read it as this source would; else header cells are field names."
        ),
    ] = "",
) -> None:
    """Print one line per expectation: result, counts, demand; no value."""
    try:
        trial = _tried(suite, file, source)
    except PolicyError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(WRONG) from None
    except DeliveryError as error:
        typer.echo(f"{file.name}: {error}", err=True)
        raise typer.Exit(WRONG) from None
    _print(trial)
    if decide(trial.findings).verdict is DeliveryVerdict.HELD:
        raise typer.Exit(FAILED)


def _tried(suite: Path, file: Path, source: str) -> "Trial":
    from custody.bootstrap.trials import (  # noqa: PLC0415 - GX costs 5 s to import
        try_as_source,
        try_by_header,
    )

    if not source:
        return try_by_header(suite, file)
    return try_as_source(suite, file, source_id=source, environment=os.environ)


def _print(trial: "Trial") -> None:
    language = choose_language(os.environ)
    counts = Text("检查 {checked} 行，不符 {unexpected}", "{unexpected} of {checked}")
    typer.echo(Text("共 {rows} 行", "{rows} rows").of(language, rows=trial.rows))
    for finding in trial.findings:
        expectation = finding.expectation
        answer = ANSWER_WORDS[finding.answer].of(language)
        severity = SEVERITY_WORDS[expectation.severity].of(language)
        demand = demand_of(expectation).of(language)
        number = finding.observed or (
            ""
            if finding.unexpected is None
            else counts.of(
                language, checked=finding.checked, unexpected=finding.unexpected
            )
        )
        place = ", ".join(expectation.columns) or "-"
        typer.echo(f"  {answer}  [{severity}]  {place}  {demand}  {number}")
