"""`custody keys rotate`: data keys under new wrapping keys, with its progress."""

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.runs import say
from custody.cli.session import opened
from custody.domain.language import Text
from custody.domain.levels import Level

if TYPE_CHECKING:
    from custody.application.rotate import Ended, RotateEpochs
    from custody.bootstrap import Custody
    from custody.domain.epochs import EpochId

_MOVED = Text("{epoch}：已迁移数据密钥 {keys} 个", "{epoch}: data keys moved: {keys}")
_SUCCEEDED = Text("新密钥纪元可用：{epoch}", "epoch is open: {epoch}")
_ENDED = Text(
    "{epoch} 已终结：其下无数据密钥；继任 {successor}；包裹密钥 {key} {day}",
    "{epoch} has ended: no data key is under it; after it comes {successor};"
    " its wrapping key: {key} {day}",
)
_NOTHING = Text("没有需要终结的密钥纪元。", "No epoch is to be ended.")

LevelOption = Annotated[
    Level | None,
    typer.Option(help="仅此敏感级别。 This sensitivity level only (all)."),
]


def add_to(keys: typer.Typer) -> None:
    """Add the commands to `custody keys`."""
    keys.command(
        "rotate",
        help="轮换：以新纪元重新包裹数据密钥，终结旧纪元（可重复）。"
        " Wrap every data key under a new epoch and end the old one; repeatable.",
    )(rotate)


def rotate(
    *,
    level: LevelOption = None,
    finish: Annotated[
        bool,
        typer.Option(
            "--finish",
            help="只完成已开始的轮换。 Only finish what a killed run began.",
        ),
    ] = False,
) -> None:
    """Rotate; each line is a count or a name.

    As the destroyer and, at a key service, with both of its profiles.
    """
    levels = frozenset(Level) if level is None else frozenset({level})
    with opened() as custody:
        rotating = _telling(custody)
        before = _NEVER if finish else custody.clock.now()
        for epoch in rotating.succeed(before=before, levels=levels):
            say(_SUCCEEDED, epoch=epoch)
        rotating.rewrap(levels=levels)
        rotating.verify(levels=levels)
        ended = rotating.end(levels=levels)
    for one in ended:
        _tell_end(one)
    if not ended:
        say(_NOTHING)


_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
"""Nothing was recorded before it."""


def _telling(custody: "Custody") -> "RotateEpochs":
    """Return the use case with its progress on standard output."""
    rotating = custody.rotate_epochs
    rekey = dataclasses.replace(rotating.rekey, told=_tell_progress)
    return dataclasses.replace(rotating, rekey=rekey)


def _tell_progress(epoch: "EpochId", moved: int) -> None:
    say(_MOVED, epoch=epoch, keys=moved)


def _tell_end(one: "Ended") -> None:
    say(
        _ENDED,
        epoch=one.epoch,
        successor=one.successor,
        key=one.key.name,
        day=one.key.final or "",
    )
