"""`custody source check|propose FILE`: a file as a source to be."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.classify import classified
from custody.domain.language import Text

if TYPE_CHECKING:
    from custody.application.classify import Classification
    from custody.application.source import ColumnView
    from custody.domain.policy import Policy

PolicyOption = Annotated[
    Path | None,
    typer.Option(
        help="策略目录（否则 CUSTODY_POLICY_DIR）。"
        " The policy folder, else CUSTODY_POLICY_DIR."
    ),
]
SourceOption = Annotated[
    str, typer.Option("--source", help="已批准的来源。 An approved source.")
]
FileArgument = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]
_UNKNOWN_SOURCE = 1
_DRAFTED = Text("{path}：已有草稿", "{path}: there is a draft already")


def add_to(app: typer.Typer) -> None:
    """Add the group `source`."""
    group = typer.Typer(
        no_args_is_help=True,
        help="查看文件、起草来源。 Look at a file, draft its source.",
    )
    group.command("check", help="逐列检查。 Column by column.")(check)
    group.command("propose", help="起草来源与规则。 Draft a source and its suite.")(
        propose
    )
    app.add_typer(group, name="source")


def check(
    file: FileArgument,
    *,
    source: SourceOption = "",
    policy: PolicyOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """Print kinds, level and fact counts of each column; never a value.

    A header cell that no policy names is printed as `column <n>`.
    """
    _, views = _viewed(file, policy, source)
    if as_json:
        for view in views:
            typer.echo(json.dumps(view.as_json(), ensure_ascii=False))
        return
    _print(views)


def propose(
    file: FileArgument,
    *,
    name: Annotated[str, typer.Option(help="来源标识。 The source's id.")] = "draft",
    out: Annotated[
        Path | None, typer.Option(help="写入的目录。 A folder to write to.")
    ] = None,
    policy: PolicyOption = None,
) -> None:
    """Draft the source's YAML and its suite; files are never overwritten."""
    from custody.application.source import (  # noqa: PLC0415 - heavy
        draft_source,
        draft_suite,
    )
    from custody.errors import ConflictError  # noqa: PLC0415 - as above

    result, views = _viewed(file, policy, "")
    document = draft_source(result, views)
    suite = json.dumps(
        draft_suite(result, views, name=name), ensure_ascii=False, indent=2
    )
    if out is None:
        typer.echo(f"# --- sources/{name}.yaml\n{document}")
        typer.echo(f"# --- contracts/{name}.json\n{suite}")
        return
    out.mkdir(parents=True, exist_ok=True)
    for path, text in ((out / f"{name}.yaml", document), (out / f"{name}.json", suite)):
        try:
            with path.open("x", encoding="utf-8") as draft:
                draft.write(text + "\n")
        except FileExistsError:
            raise _DRAFTED.as_error(ConflictError, path=path) from None
        typer.echo(path)


def _viewed(
    file: Path, folder: Path | None, source_id: str
) -> "tuple[Classification, tuple[ColumnView, ...]]":
    from custody.adapters.config import read_settings  # noqa: PLC0415 - heavy
    from custody.adapters.policy.loader import load_policy  # noqa: PLC0415 - heavy
    from custody.application.source import view_columns  # noqa: PLC0415 - heavy

    folders = read_settings().policy_dirs if folder is None else (folder,)
    policy = load_policy(*folders)
    declared = _declared(policy, source_id)
    result = classified(file)
    return result, view_columns(result, fields=policy.fields, declared=declared)


def _declared(policy: "Policy", source_id: str) -> dict[str, str]:
    if not source_id:
        return {}
    source = policy.source(source_id)
    if source is None:
        typer.echo("未知来源。 No such source.", err=True)
        raise typer.Exit(_UNKNOWN_SOURCE)
    return {
        column.name.strip(): column.field
        for column in source.columns
        if column.field is not None
    }


def _print(views: "tuple[ColumnView, ...]") -> None:
    import os  # noqa: PLC0415 - with the language

    from custody.domain.language import Text, choose_language  # noqa: PLC0415 - as above

    language = choose_language(os.environ)
    line = Text(
        "{name}  [{level}]  有 {present}，缺 {missing}，错 {invalid}  {kinds}{flag}",
        "{name}  [{level}]  {present} present, {missing} missing, {invalid} wrong  "
        "{kinds}{flag}",
    )
    flag = Text("  表头像数据！", "  header looks like data!")
    for view in views:
        kinds = ", ".join(f"{kind} {n}" for kind, n in view.kinds.items()) or "-"
        typer.echo(
            line.of(
                language,
                name=view.name,
                level=view.level.value,
                present=view.present,
                missing=view.missing,
                invalid=view.invalid,
                kinds=kinds,
                flag=flag.of(language) if view.data_like else "",
            )
        )
