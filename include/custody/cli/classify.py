"""`custody classify FILE`: kinds and levels of an unknown file, column by column."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.domain.kind_words import KIND_WORDS
from custody.domain.language import Text, choose_language
from custody.domain.levels import LEVELS_FROM_HIGH, Level

if TYPE_CHECKING:
    from custody.application.classify import Classification

UNREADABLE = 1
_SHORT = "逐列识别文件的种类与级别。 Tell kinds and levels of a file's columns."
_HELP = (
    "文件可以是分隔文本、JSON 行、Excel 或 Parquet：只读取，不入库，不打印任何值。"
    "每列一行：列名、方括号中的级别、种类及含有它的值数；“-” 表示未发现个人信息。"
    "只要有一个值确属高敏感，整列即为高；姓名、地址等靠文字判断的种类须占五分之一以上。"
    "\n\n"
    "Delimited text, JSON lines, Excel or Parquet: it is only read, nothing is loaded, "
    "and no value is printed. One line a column: its name, its level in brackets, the "
    "kinds found and in how many values; '-' means that no personal data was found. "
    "One value that is surely high makes its column high; kinds told by words alone "
    "(names, addresses) count from a fifth of the values on.\n\n"
    "退出码 exit status: 0; 1 文件无法读取 the file cannot be read."
)
_HEADER = {
    True: Text("有表头", "with a header"),
    False: Text("无表头", "without a header"),
}
_LEVELS = {
    Level.HIGH: Text("高", "high"),
    Level.MEDIUM: Text("中", "medium"),
    Level.LOW: Text("低", "low"),
}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "classify",
        help=f"{_SHORT}\n\n{_HELP}",
        short_help=_SHORT,
    )(classify)


def classify(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="文件。 The file.")
    ],
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="输出 JSON。 Print JSON instead of a table.")
    ] = False,
) -> None:
    """Print counts and levels; no value of the file is printed."""
    result = classified(file)
    if as_json:
        typer.echo(json.dumps(result.as_json(), ensure_ascii=False))
        return
    print_table(result)


def classified(file: Path) -> "Classification":
    """Classify a file, or end the command with the place of the fault."""
    import datetime as dt  # noqa: PLC0415 - the command line starts at once

    from custody.adapters.readers.unknown import open_unknown  # noqa: PLC0415 - heavy
    from custody.application.classify import classify_table  # noqa: PLC0415 - as above
    from custody.errors import DeliveryError  # noqa: PLC0415 - as above

    try:
        return classify_table(open_unknown(file), today=dt.datetime.now(dt.UTC).date())
    except DeliveryError as error:
        typer.echo(f"{file.name}: {error}", err=True)
        raise typer.Exit(UNREADABLE) from None


def print_table(result: "Classification") -> None:
    """Print one line per column and the records by level."""
    language = choose_language(os.environ)
    table = result.table
    head = Text(
        "{file}：{format}，编码 {encoding}，分隔符 {delimiter}，{header}，{rows} 行",
        "{file}: {format}, encoding {encoding}, delimiter {delimiter}, "
        "{header}, {rows} rows",
    )
    typer.echo(
        head.of(
            language,
            file=table.path.name,
            format=table.format.value,
            encoding=table.encoding or "-",
            delimiter=repr(table.delimiter) if table.delimiter else "-",
            header=_HEADER[table.header].of(language),
            rows=result.rows,
        )
    )
    for column in result.columns:
        kinds = ", ".join(
            f"{KIND_WORDS[kind].of(language)} ({kind.value}) {number}"
            for kind, number in column.accepted.items()
        )
        missing = Text("缺 {n}", "{n} missing").of(language, n=column.missing)
        told = [kinds or "-", *([missing] if column.missing else [])]
        level = _LEVELS[column.level].of(language)
        typer.echo(f"  {column.name}  [{level}]  {'  '.join(told)}")
    counts = (
        f"{_LEVELS[level].of(language)} {result.records.get(level, 0)}"
        for level in LEVELS_FROM_HIGH
    )
    records = Text("记录数（按级别）", "records by level").of(language)
    typer.echo(f"  {records}: {', '.join(counts)}")
