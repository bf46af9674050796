"""`custody drill`: whether a restore would succeed; and how long ago that was shown."""

from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.runs import say
from custody.cli.session import opened
from custody.domain.language import Language, Text

if TYPE_CHECKING:
    from custody.domain.drills import DrillAge

_PASSED = Text("结构演练通过：{media}", "the structural drill passed: {media}")
_PLANTED = Text(
    "对照客户已换代，现属纪元 {epoch}", "the control customers are under {epoch} now"
)
_NEVER = Text("恢复演练（{name}）：尚无", "restore drills, {name}: none yet")
_AGO = Text(
    "恢复演练（{name}）：{days} 天前", "restore drills, {name}: {days} days ago"
)
_OVERDUE = Text("，已超期，请尽快演练", ", OVERDUE: hold one now")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "drill",
        help="结构演练：逐一核验各介质，并恢复到一次性数据库。"
        " The structural drill: look at every medium, and restore it aside.",
    )(drill)


def drill(
    *,
    plant: Annotated[
        bool,
        typer.Option(
            "--plant",
            help="换一代对照客户（以销毁身份）。 Let a control customer be destroyed"
            " and another come, as the destroyer; look at nothing.",
        ),
    ] = False,
) -> None:
    """Look at every medium; what fails is told in the ledger, and the exit is 1."""
    with opened() as custody:
        if plant:
            say(_PLANTED, epoch=custody.plant_controls())
            return
        custody.drill()
        media = ", ".join(one.name for one in custody.media)
    say(_PASSED, media=media)


def told_of_drill(age: "DrillAge", days: int | None, tongue: Language) -> str:
    """Return a line about the last drill of a kind."""
    from custody.domain.drills import DRILL_NAMES  # noqa: PLC0415 - light start

    name = DRILL_NAMES[age.kind].of(tongue)
    text = _NEVER if days is None else _AGO
    late = _OVERDUE.of(tongue) if age.overdue else ""
    return text.of(tongue, name=name, days=days) + late
