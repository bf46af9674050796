"""`custody retention follow|status`: how customers' levels stand, and where they go."""

import datetime as dt
import json
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.runs import fail, say
from custody.cli.session import language, opened
from custody.domain.language import Text
from custody.domain.record_states import RecordState

if TYPE_CHECKING:
    from custody.application.restriction import Restriction, TellRestriction
    from custody.bootstrap import Custody

STATES = {
    RecordState.IN_USE: Text("使用中", "in use"),
    RecordState.DEREGISTERED: Text(
        "已终止，密钥待限制", "ended, keys not restricted yet"
    ),
    RecordState.STORAGE_ONLY: Text("仅存储", "storage only"),
    RecordState.DUE: Text("到期", "due"),
    RecordState.DESTROYING: Text("销毁中", "being destroyed"),
    RecordState.DESTROYED: Text("已销毁", "destroyed"),
}
_RESTRICTED = (RecordState.STORAGE_ONLY, RecordState.DUE)
_WAITS = Text(
    "限制尚未完成：旧副本在 {epochs} 销毁前仍可打开",
    "restriction is not complete: older copies open until {epochs} is destroyed",
)
_COMPLETE = Text("限制自 {day} 起完成", "restriction is complete since {day}")
_RAISED = Text(
    "{level}：{count} 位客户已升级，最后一次 {day}",
    "{level}: {count} customers were raised from it, last on {day}",
)
_OPEN = Text(
    "其原级别的 {count} 个版本仍在现行纪元下：今夜移入受限纪元",
    "{count} versions of the old level are under a live epoch: they leave it tonight",
)
_NOBODY = Text("没有找到：{what}", "not found: {what}")
_ALL = Text("所有客户均在使用中", "every customer is in use")
_FOLLOWED = Text("已处理：{what}", "moved: {what}")
_NOTHING = Text("无需处理", "nothing to move")


def follow(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False,
) -> None:
    """Let states follow today, restrict keys, and show what may be shown again."""
    with opened() as custody:
        moved = dict(custody.follow_states())
        moved |= custody.restrict_customers()
        moved["shown"] = custody.rebuild_projection()
    told = {name: count for name, count in moved.items() if count}
    if as_json:
        typer.echo(json.dumps(told, sort_keys=True))
    elif told:
        what = ", ".join(f"{name}: {count}" for name, count in sorted(told.items()))
        say(_FOLLOWED, what=what)
    else:
        say(_NOTHING)


def status(
    number: Annotated[
        str | None, typer.Argument(help="客户编号。 A customer number.")
    ] = None,
) -> None:
    """Print how levels stand, since when, and whether restriction is complete."""
    with opened() as custody:
        if number is None:
            _tell_all(custody.tell_restriction)
        else:
            _tell_one(custody, number)


def _tell_one(custody: "Custody", number: str) -> None:
    tell = custody.tell_restriction
    standing = {one.level: one for one in tell.views.levels(number)}
    today = custody.policy.today(custody.clock.now())
    fates = {fate.level: fate for fate in tell.of_customer(number, today)}
    if not standing and not fates:
        raise fail(_NOBODY, what=number)
    for level in dict.fromkeys((*fates, *standing)):
        one = standing.get(level)
        state = RecordState.IN_USE if one is None else one.state
        cells = [level.value, STATES[state].of(language())]
        if one is not None:
            cells.append(_day(one.since))
        if fate := fates.get(level):
            last = "-" if fate.last_day is None else fate.last_day.isoformat()
            cells += [last, fate.rule_id]
        typer.echo("\t".join(cells))
        if one is not None and one.state in _RESTRICTED:
            _tell(tell.restriction(level, one.restricted_at))


def _tell_all(tell: "TellRestriction") -> None:
    counted = tell.views.counted()
    for level, state, customers, last in counted:
        words = STATES[state].of(language())
        typer.echo(f"{level}\t{words}\t{customers}\t{_day(last)}")
        if state in _RESTRICTED:
            _tell(tell.restriction(level, last))
    raised = tell.views.raised()
    for one in raised:
        say(_RAISED, level=one.level, count=one.customers, day=_day(one.last))
        if one.open:
            say(_OPEN, count=one.open)
        elif one.restricted_at is not None:
            _tell(tell.restriction(one.level, one.restricted_at))
    if not counted and not raised:
        say(_ALL)


def _tell(found: "Restriction") -> None:
    if found.complete_on is not None:
        say(_COMPLETE, day=found.complete_on.isoformat())
    else:
        say(_WAITS, epochs=", ".join(map(str, found.waits_for)))


def _day(moment: dt.datetime) -> str:
    return moment.date().isoformat()
