"""`custody retention plan`: who would be due on a day, and the plan that is signed."""

import datetime as dt
import json
from collections import Counter
from typing import Annotated

import typer

from custody.cli.runs import actor, fail, say
from custody.cli.session import language, opened
from custody.domain.language import Text
from custody.domain.plan_form import PlanDigest, plan_lines
from custody.domain.retention_plan import Standing

_NOT_A_DATE = Text("日期应如 2027-03-31", "a date is written 2027-03-31")
_HEAD = Text(
    "编号\t级别\t版本\t最后一天\t规则\t依据",
    "number\tlevel\tversions\tlast day\trule\tbasis",
)
_ALL = Text("全部", "all")
_UP_TO = Text(
    "已被取代的，至第 {version} 版（来源部分 {part}）",
    "replaced ones up to {version} (part {part})",
)
_NOBODY = Text("{on} 没有到期的客户。", "Nobody is due on {on}.")
_DIGEST = Text("计划摘要 {digest}", "plan digest {digest}")
_KEPT = Text(
    "已保存，可签署：custody sign request {digest} --as … --key …",
    "kept, to be signed: custody sign request {digest} --as … --key …",
)
_STANDINGS = {
    Standing.IN_USE: Text("使用中", "in use"),
    Standing.STORAGE_ONLY: Text("仅存储", "storage only"),
    Standing.ON_HOLD: Text("法定保留", "on legal hold"),
    Standing.DUE: Text("到期", "due"),
}
_JSON = Annotated[bool, typer.Option("--json", help="JSON")]


def plan(
    *,
    on: Annotated[str, typer.Option(help="哪一天。 The day, 2027-03-31.")],
    as_json: _JSON = False,
    keep: Annotated[
        bool, typer.Option("--keep", help="保存以供签署。 Keep it, to be signed.")
    ] = False,
) -> None:
    """Print who would be due on a day, and how everybody else stands.

    JSON is the plan itself, byte for byte what its digest is over.
    """
    day, digest = day_of(on), PlanDigest()
    tally: Counter[tuple[Standing, str]] = Counter()
    with opened() as custody:
        lines = plan_lines(
            custody.plan_retention(day, tally), custody.keep_plan.head(day)
        )
        at = 0
        for at, line in enumerate(lines):  # the head is no line of the plan
            digest.add(line)
            if as_json:
                typer.echo(line)
            elif at:
                _print_line(line, first=at == 1)
        kept = custody.keep_plan(day, actor=actor()) if keep else None
    if not as_json:
        if not at:
            say(_NOBODY, on=day.isoformat())
        _print_tally(tally, digest.hex())
        if kept is not None:
            say(_KEPT, digest=kept.digest)


def _print_line(line: str, *, first: bool) -> None:
    if first:
        say(_HEAD)
    told = json.loads(line)
    keys = ("number", "level", "last_day", "rule", "legal_basis")
    cells = [told[key] for key in keys]
    if "part" in told:
        words = _UP_TO.of(language())
        part = told["part"] or "-"
        cells.insert(2, words.format(version=told["versions"], part=part))
    else:
        cells.insert(2, _ALL.of(language()))
    typer.echo("\t".join(cells))


def _print_tally(tally: Counter[tuple[Standing, str]], digest: str) -> None:
    for (standing, rule_id), count in sorted(tally.items()):
        typer.echo(f"{_STANDINGS[standing].of(language())}\t{rule_id}\t{count}")
    say(_DIGEST, digest=digest)


def day_of(text: str) -> dt.date:
    """Return the day that is written; the exit to raise where none is."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise fail(_NOT_A_DATE) from None
    if day.isoformat() != text:  # 20270331 and 2027-W13-3 are dates too
        raise fail(_NOT_A_DATE)
    return day
