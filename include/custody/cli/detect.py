"""`custody detect`: JSON lines in, one answer per line out, in order."""

import datetime as dt
import json
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Annotated

import typer

from custody.domain.detection import detect
from custody.domain.kind_words import KIND_WORDS
from custody.domain.kinds import Kind
from custody.domain.language import Text, choose_language

BAD_INPUT = 2
"""Exit status when a line was no `{"value": …}`."""
_MALFORMED = Text(
    "第 {n} 行不是 JSON 对象 value", "line {n} is no JSON object with a value"
)

_SHORT = "识别个人信息种类（逐行 JSON）。 Tell the kinds of values, JSON lines."
_HELP = (
    '从标准输入逐行读取 {"value": "…"}，每行答一行：kinds 为种类，可为空；'
    "valid 表示校验位、号段或格式是否正确（true/false，无从校验或未发现时为 null）；"
    "level 为敏感级别 high/medium/low。"
    '读不懂的行答 {"error": "malformed", "line": 行号}。不打印任何值。\n\n'
    'Reads {"value": "…"} line by line from standard input and answers each by a line: '
    "kinds, which may be empty; valid, whether the check digit, numbering plan or form "
    "holds (true or false; null with nothing to check or nothing found); level, which "
    "is high, medium or low. A line that it cannot read is answered by "
    '{"error": "malformed", "line": number}. No value is printed.\n\n'
    "种类 kinds: "
    + "; ".join(f"{kind.value} {KIND_WORDS[kind].zh}" for kind in Kind)
    + ".\n\n退出码 exit status: 0; 2 有读不懂的行 some line could not be read."
)


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "detect",
        help=f"{_SHORT}\n\n{_HELP}",
        short_help=_SHORT,
    )(detect_lines)


def detect_lines(
    today: Annotated[
        dt.datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="按此日判断出生日期，默认今天。 "
            "The day by which birth dates are judged; today if none is given.",
        ),
    ] = None,
) -> None:
    """Read `{"value": …}` lines from standard input; constant memory.

    A line that is not such an object is answered too, by `{"error": "malformed",
    "line": n}`, so that answers stay beside their lines; standard error names its
    number, never its text, and the exit status is 2 at the end.
    """
    now = dt.datetime.now(dt.UTC).date() if today is None else today.date()
    malformed = False
    lines = (line.decode("utf-8", "replace") for line in sys.stdin.buffer)
    for number, answer in enumerate(answers(lines, today=now), start=1):
        if answer is None:
            malformed = True
            typer.echo(_MALFORMED.of(choose_language(os.environ), n=number), err=True)
        sys.stdout.write((answer or _refusal(number)) + "\n")
        sys.stdout.flush()
    if malformed:
        raise typer.Exit(BAD_INPUT)


def _refusal(number: int) -> str:
    return json.dumps({"error": "malformed", "line": number})


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
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or "value" not in record:
        return None
    value = record["value"]
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)
