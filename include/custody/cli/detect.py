"""`custody detect`: JSON lines in, one answer per line out, in order."""

import datetime as dt
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from custody.domain.detection import detect

BAD_INPUT = 2
"""Exit status when a line is no `{"value": …}`."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "detect",
        help="识别个人信息种类（逐行 JSON）。 Tell the kinds of values, JSON lines.",
    )(detect_lines)


def detect_lines(
    today: Annotated[
        str, typer.Option(help="今天（ISO 日期）。 Today, an ISO date.")
    ] = "",
) -> None:
    """Read `{"value": …}` lines from standard input; constant memory.

    A line that is not such an object ends the command with status 2 and its
    number, never its text.
    """
    now = dt.date.fromisoformat(today) if today else dt.datetime.now(dt.UTC).date()
    lines = (line.decode("utf-8", "replace") for line in sys.stdin.buffer)
    for number, answer in enumerate(answers(lines, today=now), start=1):
        if answer is None:
            typer.echo(f'line {number}: not {{"value": …}}', err=True)
            raise typer.Exit(BAD_INPUT)
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


def answers(lines: Iterable[str], *, today: dt.date) -> Iterator[str | None]:
    """Yield one JSON answer per line; None for a line that cannot be read."""
    for line in lines:
        value = _value(line)
        if value is None:
            yield None
            continue
        found = detect(value, today=today)
        yield json.dumps(
            {
                "kinds": [kind.value for kind in found.kinds],
                "valid": found.valid,
                "level": found.level.value,
            }
        )


def _value(line: str) -> str | None:
    """Return the value as text; numbers as they were written, null as empty."""
    try:
        record = json.loads(line, parse_int=str, parse_float=str)
    except ValueError:
        return None
    if not isinstance(record, dict) or "value" not in record:
        return None
    value = record["value"]
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)
