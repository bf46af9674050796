"""`custody keys rotate|reseal`: new wrapping keys, new data keys, with progress."""

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.runs import actor, fail, say
from custody.cli.session import opened
from custody.domain.language import Text
from custody.domain.levels import Level
from custody.domain.reason_words import UNFIT_REASON

if TYPE_CHECKING:
    from custody.application.rotate import Ended, RotateEpochs
    from custody.application.rotate_index import IndexEnded
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
_REINDEXED = Text(
    "index/-/{old} 已终结：其下无索引标记，已迁移 {tokens} 个；继任 index/-/{new}；"
    "索引密钥 {key} {day}",
    "index/-/{old} has ended: no token is under it, {tokens} were moved; after it comes"
    " index/-/{new}; its key: {key} {day}",
)
_ONE_OF_THEM = Text(
    "--level 与 --index 只能取其一", "--level or --index, not both of them"
)
_NOTHING = Text("没有需要终结的密钥纪元。", "No epoch is to be ended.")

LevelOption = Annotated[
    Level | None,
    typer.Option(help="仅此敏感级别。 This sensitivity level only (all)."),
]
IndexOption = Annotated[
    bool,
    typer.Option("--index", help="仅索引密钥。 The index key only."),
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
        help="轮换：以新纪元重新包裹数据密钥、迁移索引标记，终结旧纪元（可重复）。"
        " Move every data key and index token to a new epoch, end the old; repeatable.",
    )(rotate)
    keys.command(
        "reseal",
        help="重新加密一个敏感级别：新数据密钥与新纪元，内容摘要不变（可重复）。"
        " Seal a level again under fresh data keys and a new epoch; repeatable.",
    )(reseal)


def rotate(
    *,
    level: LevelOption = None,
    index: IndexOption = False,
    finish: FinishOption = False,
) -> None:
    """Rotate all levels and the index, or what is named; lines are counts or names.

    As the destroyer and, at a key service, with both of its profiles.
    """
    if index and level is not None:
        raise fail(_ONE_OF_THEM)
    with opened() as custody:
        before = _NEVER if finish else custody.clock.now()
        ended = () if index else _rotate_levels(custody, level, before)
        reindexed = custody.rotate_index(before=before) if level is None else None
    for one in ended:
        _tell_end(one)
    if reindexed is not None:
        _tell_reindexed(reindexed)
    if not ended and reindexed is None:
        say(_NOTHING)


def _rotate_levels(
    custody: "Custody", level: Level | None, before: dt.datetime
) -> tuple["Ended", ...]:
    levels = frozenset(Level) if level is None else frozenset({level})
    rotating = _telling(custody)
    for epoch in rotating.succeed(before=before, levels=levels):
        say(_SUCCEEDED, epoch=epoch)
    rotating.rewrap(levels=levels)
    rotating.verify(levels=levels)
    return rotating.end(levels=levels)


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
        raise fail(UNFIT_REASON)
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


def _tell_reindexed(one: "IndexEnded") -> None:
    say(
        _REINDEXED,
        old=one.turn.old,
        new=one.turn.new,
        tokens=one.tokens,
        key=one.key.name,
        day=one.key.final or "",
    )
