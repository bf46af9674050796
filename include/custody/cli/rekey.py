"""`custody keys rotate|reseal`: new wrapping keys, new data keys, with progress."""

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.runs import actor, fail, say
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
_SEALED_AGAIN = Text(
    "{epoch}：已重新加密 {values} 个值", "{epoch}: values sealed again: {values}"
)
_RESEALED = Text(
    "重新加密的值：{values}，内容摘要均未改变",
    "values sealed again: {values}, every content digest as before",
)
_UNFIT = Text(
    "理由须为一行、不超过 200 字、不含个人信息",
    "a reason is one line of at most 200 characters without personal data",
)
_NOTHING = Text("没有需要终结的密钥纪元。", "No epoch is to be ended.")

LevelOption = Annotated[
    Level | None,
    typer.Option(help="仅此敏感级别。 This sensitivity level only (all)."),
]
FinishOption = Annotated[
    bool,
    typer.Option(
        "--finish",
        help="只完成已开始的工作。 Only finish what a killed run began.",
    ),
]


def add_to(keys: typer.Typer) -> None:
    """Add the commands to `custody keys`."""
    keys.command(
        "rotate",
        help="轮换：以新纪元重新包裹数据密钥，终结旧纪元（可重复）。"
        " Wrap every data key under a new epoch and end the old one; repeatable.",
    )(rotate)
    keys.command(
        "reseal",
        help="重新加密一个敏感级别：新数据密钥与新纪元，内容摘要不变（可重复）。"
        " Seal a level again under fresh data keys and a new epoch; repeatable.",
    )(reseal)


def rotate(
    *,
    level: LevelOption = None,
    finish: FinishOption = False,
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


def reseal(
    *,
    level: Annotated[Level, typer.Option(help="敏感级别。 The sensitivity level.")],
    reason: Annotated[
        str, typer.Option(help="原因，记入台账。 Why; the ledger keeps it.")
    ],
    finish: FinishOption = False,
) -> None:
    """Seal a level again, in policy's first suite; each line is a count or a name.

    As the destroyer, with the loader's right to write keys.
    """
    with opened() as custody:
        sealing = dataclasses.replace(custody.reseal_level, told=_tell_resealed)
        answer = sealing(
            level,
            reason=reason,
            actor=actor(),
            before=_NEVER if finish else custody.clock.now(),
        )
    if answer is None:
        raise fail(_UNFIT)
    say(_RESEALED, values=answer.values)
    for one in answer.ended:
        _tell_end(one)


_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)
"""Nothing was recorded before it."""


def _telling(custody: "Custody") -> "RotateEpochs":
    """Return the use case with its progress on standard output."""
    rotating = custody.rotate_epochs
    rekey = dataclasses.replace(rotating.rekey, told=_tell_progress)
    return dataclasses.replace(rotating, rekey=rekey)


def _tell_progress(epoch: "EpochId", moved: int) -> None:
    say(_MOVED, epoch=epoch, keys=moved)


def _tell_resealed(epoch: "EpochId", values: int) -> None:
    say(_SEALED_AGAIN, epoch=epoch, values=values)


def _tell_end(one: "Ended") -> None:
    say(
        _ENDED,
        epoch=one.epoch,
        successor=one.successor,
        key=one.key.name,
        day=one.key.final or "",
    )
