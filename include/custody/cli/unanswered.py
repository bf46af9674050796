"""`custody retention unanswered`: what a restore lost, and how it is answered."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.runs import say
from custody.cli.session import language, opened
from custody.domain.language import Language, Text
from custody.domain.unanswered import WordKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from custody.domain.unanswered import Unanswered

_NOTHING = Text("没有待答复的", "nothing waits for an answer")
_WAITS = {
    WordKind.HOLD: Text(
        "恢复丢失的法定保留 {id}，待答复；此前不会销毁任何客户",
        "legal hold {id}, which a restore lost, waits for an answer; nobody is"
        " destroyed before",
    ),
    WordKind.EVENT: Text(
        "恢复丢失的事件 {id}，待答复", "event {id}, which a restore lost, waits"
    ),
}
_HOW = {
    WordKind.HOLD: Text(
        "  重新设置：custody hold set 编号 --again {id}；"
        "不再需要：custody hold lift {id}",
        "  set it again: custody hold set NUMBER --again {id}; needed no more: custody"
        " hold lift {id}",
    ),
    WordKind.EVENT: Text(
        "  重新登记：custody customer event 编号 {event} --on {on} --again {id}；"
        "不再需要：custody customer withdraw {id}",
        "  record it again: custody customer event NUMBER {event} --on {on} --again"
        " {id}; needed no more: custody customer withdraw {id}",
    ),
}
_SAID = Text("  {day} {actor}：{reason}", "  {day}, {actor}: {reason}")


def unanswered(
    *, as_json: Annotated[bool, typer.Option("--json", help="JSON")] = False
) -> None:
    """Print each hold and event that a restore lost, with what the ledger has of it."""
    with opened() as custody:
        found = custody.lost_words()
    for one in found:
        if as_json:
            typer.echo(json.dumps(_document(one), ensure_ascii=False))
        else:
            _tell(one)
    if not found and not as_json:
        say(_NOTHING)


def waiting(found: "Sequence[Unanswered]", tongue: Language) -> "Iterator[str]":
    """Yield a line for each that waits, as `custody status` tells it."""
    for one in found:
        yield _WAITS[one.kind].of(tongue, id=one.word_id)


def _tell(one: "Unanswered") -> None:
    for line in waiting([one], language()):
        typer.echo(line)
    told = _document(one)
    say(_SAID, **{name: told[name] for name in ("day", "actor", "reason")})
    say(_HOW[one.kind], id=one.word_id, event=told["event"], on=told["on"])


def _document(one: "Unanswered") -> dict[str, str]:
    body = {} if one.told is None else one.told.body
    known = {
        "day": "" if one.told is None else one.told.time.date().isoformat(),
        **{name: str(body.get(name, "")) for name in ("actor", "reason", "on")},
    }
    return {
        "kind": one.kind.value,
        "id": one.word_id,
        "event": str(body.get("kind", "")),
        **known,
    }
