"""`custody destruction run|list|show`: approved plans carried out, and looked at."""

from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.runs import fail, print_document, say
from custody.cli.session import language, opened
from custody.domain.language import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from custody.domain.destruction import RunState

_STANDS = Text("销毁处于状态 {state}：{plan}", "the destruction is {state}: {plan}")
_WAITS = Text(
    "等待密钥服务确认销毁；改日再执行同一命令。",
    "The key service has not destroyed the keys yet: repeat this on another day.",
)
_AGAIN = Text(
    "如仍有到期客户：重新保存当日计划，再申请与批准（custody retention plan --keep）。",
    "Who is still due is planned anew, requested and approved:"
    " custody retention plan --on DAY --keep.",
)
_REFUSED = Text("未执行，数据未改动：", "Not carried out, nothing was done:")
_NOT_CERTIFIED = Text(
    "尚不能出具销毁记录（已销毁的不会恢复）：",
    "Nothing is certified yet (what is destroyed stays so):",
)
_UNKNOWN = Text(
    "没有此计划的销毁：{plan}", "there is no destruction of this plan: {plan}"
)

_PLAN = Annotated[
    str, typer.Argument(help="计划摘要。 The plan's digest, 64 hex digits.")
]
_JSON = Annotated[bool, typer.Option("--json", help="输出 JSON。 Print JSON.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    destruction = typer.Typer(
        no_args_is_help=True,
        help="销毁：执行已批准的计划。 Destruction: carry approved plans out.",
    )
    destruction.command(
        "run",
        help="执行已批准的计划，或继续被中断的执行（不可撤销）。"
        " Carry an approved plan out, or go on with it; it cannot be undone.",
    )(run)
    destruction.command("list", help="列出各次销毁。 List the destructions.")(list_runs)
    destruction.command("show", help="查看一次销毁。 Show one.")(show)
    app.add_typer(destruction, name="destruction")


def run(plan: _PLAN) -> None:
    """Carry a plan out; exit status 1 when it is refused, each reason told."""
    from custody.application.destroy.begin import Refusal  # noqa: PLC0415 - light start
    from custody.application.destroy.certify import (  # noqa: PLC0415 - light start
        NotCertifiedError,
    )
    from custody.domain.destruction import (  # noqa: PLC0415 - as above
        OVER,
        RunState,
    )

    with opened() as custody:
        try:
            answer = custody.destroy(plan)
        except NotCertifiedError as found:
            raise _told(_NOT_CERTIFIED, found.reasons) from None
    if isinstance(answer, Refusal):
        raise _told(_REFUSED, answer.reasons)
    say(_STANDS, state=_state(answer.state), plan=answer.plan)
    if answer.state not in OVER:
        say(_WAITS)
    elif answer.state is not RunState.CERTIFIED:
        say(_AGAIN)


def _told(title: Text, reasons: "Iterable[str]") -> typer.Exit:
    """Print every reason in words on standard error; return the exit to raise."""
    from custody.domain.destruction_words import (  # noqa: PLC0415 - light start
        reason_in_words,
    )

    told = fail(title)
    for reason in reasons:
        typer.echo(f"  {reason_in_words(reason, language())}", err=True)
    return told


def _state(state: "RunState") -> str:
    from custody.domain.destruction_words import STATES  # noqa: PLC0415 - light start

    return f"{state.value} ({STATES[state].of(language())})"


def list_runs(*, as_json: _JSON = False) -> None:
    """Print every run, the newest first: plan, state, when it moved last."""
    with opened() as custody:
        for one in custody.destruction_runs.runs():
            told = {
                "plan": one.plan,
                "state": one.state.value,
                "begun_at": one.begun_at.isoformat(),
                "moved_at": one.moved_at.isoformat(),
            }
            if as_json:
                print_document(told, as_json=True)
            else:
                typer.echo("\t".join(told.values()))


def show(plan: _PLAN, *, as_json: _JSON = False) -> None:
    """Print how a run stands, and what its attempt at recovery found."""
    with opened() as custody:
        book = custody.destruction_runs
        found = book.find(plan)
        recovery = None if found is None else book.recovery(plan)
        sets = () if found is None else book.full_sets(plan)
    if found is None:
        raise fail(_UNKNOWN, plan=plan)
    document: dict[str, object] = {
        "plan": found.plan,
        "state": found.state.value,
        "begun_at": found.begun_at.isoformat(),
        "moved_at": found.moved_at.isoformat(),
    }
    if recovery is not None:
        document |= {
            "opened_before": recovery.due_before,
            "opened_after": recovery.due_after,
            "survivors": recovery.survivors,
            "survivors_opened": recovery.survivors_after,
        }
    document |= {f"full_set {one.medium}": one.values for one in sets}
    print_document(document, as_json=as_json)
