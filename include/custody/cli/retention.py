"""`custody customer|hold|retention`: what happened to a customer, and who is held."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.retention_plan import day_of, plan
from custody.cli.runs import actor, fail, say
from custody.cli.session import opened
from custody.cli.standing import follow, status
from custody.cli.unanswered import unanswered
from custody.domain.language import Text

if TYPE_CHECKING:
    from custody.application.retention import Told

_DONE = Text("已记录：{made}", "recorded: {made}")
_ANSWERS = {
    "already": Text(
        "已经登记：此编号，或此客户的同类事件；如有误，请先撤回",
        "recorded already: this id, or such an event of the customer; withdraw it first"
        " if it is wrong",
    ),
    "unknown": Text("没有找到：{what}", "not found: {what}"),
    "destroyed": Text(
        "此客户已无任何留存：已销毁", "nothing of this customer is left: destroyed"
    ),
    "in_future": Text("日期尚未到来", "that day has not come yet"),
    "not_lost": Text(
        "没有恢复丢失此编号，或已经答复：见 custody retention unanswered",
        "no restore has lost this one, or it was answered: see custody retention"
        " unanswered",
    ),
    "other_event": Text(
        "台账所记的事件类别或日期与此不同：见 custody retention unanswered",
        "the ledger tells of another kind or day: see custody retention unanswered",
    ),
    "unfit_reason": Text(
        "请用一行说明理由，不得包含个人信息",
        "say why in one line without personal data",
    ),
}
_NOT_AN_ID = Text("应为 32 位十六进制", "32 hex digits are expected")
_KIND = Text("事件应为下列之一：{kinds}", "the event is one of: {kinds}")
_REASON = Annotated[
    str, typer.Option(help="理由，不含个人信息。 Why, without personal data.")
]
_AGAIN = Annotated[
    str | None,
    typer.Option(help="恢复所丢失的编号。 The id of one that a restore lost."),
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
    retention.command("unanswered", help="恢复所丢失、待答复的。 What a restore lost.")(
        unanswered
    )
    app.add_typer(retention, name="retention")


def record(
    number: Annotated[str, typer.Argument(help="客户编号。 The customer number.")],
    kind: Annotated[str, typer.Argument(help="事件。 The event.")],
    *,
    on: Annotated[str, typer.Option(help="发生之日。 The day, 2027-03-31.")],
    reason: _REASON,
    again: _AGAIN = None,
) -> None:
    """Record an event: deregistration, relationship_end, last_transaction, …."""
    from custody.application.retention import EventKind  # noqa: PLC0415 - light start

    if kind not in set(EventKind):
        raise fail(_KIND, kinds=", ".join(EventKind))
    day = day_of(on)
    told_kind, lost = EventKind(kind), _lost(again)
    with opened() as custody:
        if lost is None:
            told = custody.keep_retention.record(
                number, told_kind, day, reason=reason, actor=actor()
            )
        else:
            told = custody.answer_restore.record(
                lost, number, told_kind, day, reason=reason, actor=actor()
            )
    _tell(told, number)


def withdraw(event: _ID, *, reason: _REASON) -> None:
    """Take back an event that was recorded in error, or that a restore lost."""
    wanted = _id(event)
    with opened() as custody:
        told = custody.answer_restore.withdraw(wanted, reason=reason, actor=actor())
    _tell(told, event)


def set_hold(
    number: Annotated[str, typer.Argument(help="客户编号。 The customer number.")],
    *,
    reason: _REASON,
    again: _AGAIN = None,
) -> None:
    """Set a legal hold: nothing of the customer is destroyed while it stands."""
    lost = _lost(again)
    with opened() as custody:
        if lost is None:
            told = custody.keep_retention.hold(number, reason=reason, actor=actor())
        else:
            told = custody.answer_restore.hold(
                lost, number, reason=reason, actor=actor()
            )
    _tell(told, number)


def lift_hold(hold: _ID, *, reason: _REASON) -> None:
    """Lift a legal hold: one that stands, or one that a restore lost."""
    wanted = _id(hold)
    with opened() as custody:
        told = custody.answer_restore.lift(wanted, reason=reason, actor=actor())
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


def _tell(told: "Told", what: str) -> None:
    if told.answer == "done":
        say(_DONE, made=told.made_id.hex())
        return
    raise fail(_ANSWERS[told.answer], what=what)


def _lost(again: str | None) -> bytes | None:
    return None if again is None else _id(again)


def _id(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise fail(_NOT_AN_ID) from None
