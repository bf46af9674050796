"""`custody backup …`: sets and escrows on the off-site media."""

from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.runs import fail, print_document, say
from custody.cli.session import REFUSED, language, opened, refuse
from custody.cli.sets_told import (
    HEADS,
    head_of_sets,
    row_of_set,
    tell_written,
    told_of_set,
    whole_of_set,
)
from custody.domain.language import Text, at_place, said
from custody.domain.set_words import OBJECT_FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from custody.application.full_sets import ListedSet
    from custody.application.verify_media import Verified
    from custody.bootstrap import Custody

_NONE = Text("没有名为 {name} 的备份集", "there is no set named {name}")
_WHOLE = Text("{medium}：{name} 完整", "{medium}: {name} is whole")
_BESIDE = Text(
    "{medium}：托管、台账、说明与批次对象完整",
    "{medium}: escrows, ledger, pages and deliveries are whole",
)
_UNREAD = Text("无法查看：{why}", "nobody could look: {why}")
_FAULT = Text("{medium}：{path}：{fault}", "{medium}: {path}: {fault}")
_ESCROWS = Text(
    "{medium}：{living} 个有效纪元，{there} 个有托管，{mended} 个重新托管",
    "{medium}: {living} living epochs, {there} of them have an escrow, {mended}"
    " renewed",
)
_GONE = Text("{medium}：移除 {count} 个对象", "{medium}: {count} versions removed")
_STAYED = Text("其余未移除：{why}", "no more were removed: {why}")
_AMISS = Text("告警：{why}", "alarm: {why}")
_LABELLED = Text(
    "{medium}：磁盘标签 {id}；须只认这一块磁盘时，写 file:///目录?label={id}#{medium}",
    "{medium}: the label of the disk is {id}; to accept this very disk alone, write"
    " file:///folder?label={id}#{medium}",
)
_NO_DISK = Text("{medium} 不是磁盘介质", "{medium} is no disk among the media")
_EMPTY = Text("异地介质上没有备份集", "there is no set on the off-site media")

_NAME = Annotated[str, typer.Argument(help="备份集名。 The set's name.")]
_ONE = Annotated[
    str, typer.Argument(help="备份集名，缺省为全部。 A set's name; all without it.")
]
_JSON = Annotated[bool, typer.Option("--json", help="输出 JSON。 Print JSON.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    backup = typer.Typer(
        no_args_is_help=True, help="备份：异地备份集。 Backups: sets on the media."
    )
    backup.command(
        "run", help="立即向每个介质写入备份集。 Write a set to every medium now."
    )(run)
    backup.command(
        "label",
        help="磁盘启用时写入标签（一次）。 Label a disk that is taken into service.",
    )(label)
    backup.command("list", help="列出各介质上的备份集。 List the sets.")(list_sets)
    backup.command("show", help="查看一个备份集。 Show what a set has.")(show)
    backup.command(
        "verify",
        help="逐一读回并核对摘要。 Read every object back and compare digests.",
    )(verify)
    backup.command(
        "expire",
        help="移除策略不再保留的备份集。 Remove the sets that policy keeps no longer.",
    )(expire)
    backup.command(
        "escrows",
        help="延长、补齐并清点密钥托管。 Lengthen, renew and count escrows.",
    )(escrows)
    app.add_typer(backup, name="backup")


def run() -> None:
    """Back up, and bring what the ledger tells of it to the media.

    Exit status 1 when a medium did not take the set, or not the ledger.
    """
    with opened() as custody:
        written = custody.back_up()
        tell_written(written)
        custody.copy_backup_ledger()
    if written.faults:
        raise typer.Exit(REFUSED)


def label(
    medium: Annotated[str, typer.Argument(help="介质名称。 The medium's name.")],
) -> None:
    """Label the disk that is mounted there; one that has its label keeps it.

    Look first that it is mounted: what lies under the mount would be labelled.
    """
    from custody.adapters.offsite import medium_name  # noqa: PLC0415 - light start
    from custody.adapters.stores import label_disk  # noqa: PLC0415 - as above

    with opened() as custody:
        urls = {medium_name(url): url for url in custody.settings.offsite_urls}
        found = label_disk(urls[medium]) if medium in urls else None
    if found is None:
        raise fail(_NO_DISK, medium=medium)
    say(_LABELLED, medium=medium, id=found.id)


def list_sets(*, as_json: _JSON = False) -> None:
    """Print a line for each set of each medium, by its name.

    A medium at which nobody can look is told, and hides no other; exit status 1.
    """
    with opened() as custody:
        found, everywhere = _sets(custody)
    if as_json:
        for one in found:
            print_document(told_of_set(one), as_json=True)
    elif found:
        for row in (head_of_sets(language()), *_rows(found)):
            typer.echo(row)
    elif everywhere:
        say(_EMPTY)
    if not everywhere:
        raise typer.Exit(REFUSED)


def _rows(found: "Iterable[ListedSet]") -> "Iterator[str]":
    return (row_of_set(one, language()) for one in found)


def show(name: _NAME, *, as_json: _JSON = False) -> None:
    """Print what the manifests of a set say, one medium after the other."""
    with opened() as custody:
        sets, everywhere = _sets(custody)
    found = [one for one in sets if one.name == name]
    for one in found:
        print_document(whole_of_set(one), as_json=as_json, heads=HEADS)
    if not found:
        raise fail(_NONE, name=name)
    if not everywhere:
        raise typer.Exit(REFUSED)


def verify(name: _ONE = "") -> None:
    """Read back; exit status 1 when something is not what it was, or no set is there.

    Without a name also what lies beside the sets: escrows, ledger, pages, deliveries.
    """
    whole, sets = True, 0
    with opened() as custody:
        for found in custody.verify_media(name):
            whole = whole and found.holds
            sets += found.name != ""
            _tell_verified(found)
    if not sets:
        raise fail(_NONE, name=name) if name else fail(_EMPTY)
    if not whole:
        raise typer.Exit(REFUSED)


def _tell_verified(found: "Verified") -> None:
    if found.why:
        fail(_UNREAD, why=at_place(found.medium, found.why))
    for path, fault in found.faults:
        what = OBJECT_FAULTS[fault]
        fail(_FAULT, medium=found.medium, path=path or found.name, fault=what)
    if found.holds:
        text = _WHOLE if found.name else _BESIDE
        say(text, medium=found.medium, name=found.name)


def expire() -> None:
    """Remove; exit status 1 when a medium is not to be trusted with it."""
    with opened() as custody:
        found = tuple(custody.expire_sets.each())
    for one in found:
        say(_GONE, medium=one.medium, count=one.count)
        if one.fault is not None:
            fail(_STAYED, why=at_place(one.medium, said(one.fault)))
    if any(one.fault for one in found):
        raise typer.Exit(REFUSED)


def escrows() -> None:
    """Care for escrows; exit status 1 when one is missing or locked for too long."""
    from custody.application.escrow_care import amiss_on  # noqa: PLC0415 - light start

    with opened() as custody:
        found = custody.care_for_escrows()
    for one in found:
        if one.fault is not None:
            fail(_UNREAD, why=at_place(one.medium, said(one.fault)))
            continue
        say(
            _ESCROWS,
            medium=one.medium,
            living=one.living,
            there=one.there,
            mended=len(one.mended),
        )
        if not one.holds:
            fail(_AMISS, why=at_place(one.medium, amiss_on(one)))
    if not all(one.holds for one in found):
        raise typer.Exit(REFUSED)


def _sets(custody: "Custody") -> "tuple[list[ListedSet], bool]":
    """Return the sets that can be seen, and whether each medium was; tell of others."""
    from custody.errors import CustodyError  # noqa: PLC0415 - light start

    found: list[ListedSet] = []
    everywhere = True
    for medium in custody.media:
        try:
            found += custody.full_sets.listed(medium)
        except CustodyError as error:
            refuse(error)
            everywhere = False
    return found, everywhere
