"""`custody customer|hold|retention`: what happened, who is held, who would be due."""

import datetime as dt
import json
from collections import Counter
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.runs import actor, fail, say
from custody.cli.session import language, opened
from custody.cli.standing import follow, status
from custody.domain.language import Text
from custody.domain.plan_form import PlanDigest, plan_lines
from custody.domain.retention_plan import Standing

if TYPE_CHECKING:
    from custody.application.retention import Told

_DONE = Text("已记录：{made}", "recorded: {made}")
_ANSWERS = {
    "already": Text(
        "此客户已有同类事件；如有误，请先撤回",
        "the customer has such an event; withdraw it first if it is wrong",
    ),
    "unknown": Text("没有找到：{what}", "not found: {what}"),
    "destroyed": Text(
        "此客户已无任何留存：已销毁", "nothing of this customer is left: destroyed"
    ),
    "in_future": Text("日期尚未到来", "that day has not come yet"),
    "unfit_reason": Text(
        "请用一行说明理由，不得包含个人信息",
        "say why in one line without personal data",
    ),
}
_NOT_A_DATE = Text("日期应如 2027-03-31", "a date is written 2027-03-31")
_NOT_AN_ID = Text("应为 32 位十六进制", "32 hex digits are expected")
_KIND = Text("事件应为下列之一：{kinds}", "the event is one of: {kinds}")
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
_REASON = Annotated[
    str, typer.Option(help="理由，不含个人信息。 Why, without personal data.")
]
_ID = Annotated[str, typer.Argument(help="32 位十六进制。 32 hex digits.")]
_JSON = Annotated[bool, typer.Option("--json", help="JSON")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    customer = typer.Typer(
        no_args_is_help=True,
        help="客户状态事件。 What happened to a customer.",
    )
    customer.command("event", help="记录一个事件。 Record an event.")(record)
    customer.command("withdraw", help="撤回误记的事件。 Take an event back.")(withdraw)
    app.add_typer(customer, name="customer")
    hold = typer.Typer(no_args_is_help=True, help="法定保留。 Legal holds.")
    hold.command("set", help="设置。 Set a hold.")(set_hold)
    hold.command("lift", help="解除。 Lift a hold.")(lift_hold)
    hold.command("list", help="列出现行的。 List those that stand.")(list_holds)
    app.add_typer(hold, name="hold")
    retention = typer.Typer(no_args_is_help=True, help="保存期限。 Retention.")
    retention.command("plan", help="某日谁会到期。 Who would be due on a day.")(plan)
    retention.command("status", help="客户状态与限制进度。 How levels stand.")(status)
    retention.command("follow", help="今日状态变更与密钥限制。 Let states follow.")(
        follow
    )
    app.add_typer(retention, name="retention")


def record(
    number: Annotated[str, typer.Argument(help="客户编号。 The customer number.")],
    kind: Annotated[str, typer.Argument(help="事件。 The event.")],
    *,
    on: Annotated[str, typer.Option(help="发生之日。 The day, 2027-03-31.")],
    reason: _REASON,
) -> None:
    """Record an event: deregistration, relationship_end, last_transaction, …."""
    from custody.application.retention import EventKind  # noqa: PLC0415 - light start

    if kind not in set(EventKind):
        raise fail(_KIND, kinds=", ".join(EventKind))
    day = _day(on)
    with opened() as custody:
        told = custody.keep_retention.record(
            number, EventKind(kind), day, reason=reason, actor=actor()
        )
    _tell(told, number)


def withdraw(event: _ID, *, reason: _REASON) -> None:
    """Take back an event that was recorded in error."""
    wanted = _id(event)
    with opened() as custody:
        told = custody.keep_retention.withdraw(wanted, reason=reason, actor=actor())
    _tell(told, event)


def set_hold(
    number: Annotated[str, typer.Argument(help="客户编号。 The customer number.")],
    *,
    reason: _REASON,
) -> None:
    """Set a legal hold: nothing of the customer is destroyed while it stands."""
    with opened() as custody:
        told = custody.keep_retention.hold(number, reason=reason, actor=actor())
    _tell(told, number)


def lift_hold(hold: _ID, *, reason: _REASON) -> None:
    """Lift a legal hold."""
    wanted = _id(hold)
    with opened() as custody:
        told = custody.keep_retention.lift(wanted, reason=reason, actor=actor())
    _tell(told, hold)


def list_holds(*, as_json: _JSON = False) -> None:
    """Print the standing holds, by customer."""
    with opened() as custody:
        for hold in custody.retention_book.holds():
            told = {
                "hold": hold.hold_id.hex(),
                "number": hold.number,
                "reason": hold.reason,
                "actor": hold.actor,
            }
            line = json.dumps(told, ensure_ascii=False)
            typer.echo(line if as_json else "\t".join(told.values()))


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
    day, digest = _day(on), PlanDigest()
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


def _tell(told: "Told", what: str) -> None:
    if told.answer == "done":
        say(_DONE, made=told.made_id.hex())
        return
    raise fail(_ANSWERS[told.answer], what=what)


def _day(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise fail(_NOT_A_DATE) from None
    if day.isoformat() != text:  # 20270331 and 2027-W13-3 are dates too
        raise fail(_NOT_A_DATE)
    return day


def _id(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise fail(_NOT_AN_ID) from None
