"""`custody delivery …`: what came of deliveries, and a steward's word on held ones."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.runs import actor, fail, print_document, say, start_run
from custody.cli.session import opened
from custody.domain.delivery import DeliveryId, DeliveryKey, DeliveryState
from custody.domain.language import Text
from custody.domain.reason_words import UNFIT_REASON

if TYPE_CHECKING:
    from custody.application.intake.hold import Verdict
    from custody.application.ports import DeliveryRecord

COUNTS = ("loaded", "unchanged", "pending", "quarantined", "refused", "held")

_HEAD = Text(
    f"{'交付':<32} {'状态':<10} 读入 登记 未变 待补 隔离 拒绝 挂起  原因",
    f"{'delivery':<34} {'state':<12} read load same pend quar refu held  reasons",
)
_NONE = Text("没有交付", "no deliveries")
_UNKNOWN = Text("没有此交付：{delivery}", "no such delivery: {delivery}")
_NOT_HELD = Text("此交付未挂起：{delivery}", "the delivery is not held: {delivery}")
_RELEASED = Text("已放行：{delivery}", "released: {delivery}")
_NOT_STAGED = Text(
    "此交付的数据行不在暂存区：{delivery}（{state}）",
    "the rows of the delivery are not in staging: {delivery} ({state})",
)
_NOT_APPROVED = Text(
    "来源未获批准：{delivery}", "the source is not approved: {delivery}"
)
_RECLASSIFIED = Text(
    "已按现行策略重新分类封存，待检查：{delivery}",
    "classified and sealed again under the policy in force, to be checked: {delivery}",
)
_REFUSED = Text("已拒绝：{delivery}", "refused: {delivery}")

_NO_RECLASSIFY = {
    "unknown": _UNKNOWN,
    "unfit_reason": UNFIT_REASON,
    "source_not_approved": _NOT_APPROVED,
}

AsJson = Annotated[bool, typer.Option("--json", help="JSON")]
Reason = Annotated[
    str, typer.Option(help="理由，记入台账。 The reason; it goes into the ledger.")
]
Id = Annotated[
    str, typer.Argument(help="交付标识。 The id, <source>/<YYYY-MM-DD>/<sequence>.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, help="批次交付。 Deliveries.")
    group.command("list", help="列出交付。 List deliveries, the newest first.")(shown)
    group.command("show", help="显示一个交付。 Show one delivery.")(show)
    group.command("release", help="放行挂起的交付。 Release a held delivery.")(release)
    group.command("refuse", help="拒绝挂起的交付。 Refuse a held delivery.")(refuse)
    group.command(
        "reclassify",
        help="按现行策略重新分类暂存的交付。"
        " Classify a staged delivery again under the policy in force.",
    )(reclassify)
    app.add_typer(group, name="delivery")


def shown(
    *,
    source: Annotated[str | None, typer.Option(help="来源。 Of one source.")] = None,
    state: Annotated[
        list[DeliveryState] | None, typer.Option(help="状态。 In these states.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1)] = 50,
    as_json: AsJson = False,
) -> None:
    """Print a table, or one JSON object a line."""
    with opened() as custody:
        records = custody.book.list(source_id=source, states=state or (), limit=limit)
    if as_json:
        for record in records:
            typer.echo(json.dumps(as_document(record), ensure_ascii=False))
        return
    say(_HEAD if records else _NONE)
    for record in records:
        typer.echo(_line(record))


def show(delivery: Id, *, as_json: AsJson = False) -> None:
    """Print everything the warehouse knows of a delivery; no row of it."""
    with opened() as custody:
        record = custody.book.find(DeliveryId(delivery))
        if record is None:
            raise fail(_UNKNOWN, delivery=delivery)
        asked = custody.views.supplement_counts(DeliveryId(delivery))
    document = as_document(record) | {
        "supplements_open": sum(one.open for one in asked),
        "supplements_closed": sum(one.closed for one in asked),
    }
    print_document(document, as_json=as_json)


def release(delivery: Id, *, reason: Reason) -> None:
    """Let a held delivery go on to load, and start its run."""
    with opened() as custody:
        verdict = custody.held.release(
            DeliveryId(delivery), reason=reason, actor=actor()
        )
        _refuse_unless_done(verdict, delivery)
        say(_RELEASED, delivery=delivery)
        key = DeliveryKey.parse(delivery)
        if key is not None:
            start_run(custody, key, why="release", further=True)


def refuse(delivery: Id, *, reason: Reason) -> None:
    """Refuse a held delivery for good."""
    with opened() as custody:
        verdict = custody.held.refuse(
            DeliveryId(delivery), reason=reason, actor=actor()
        )
    _refuse_unless_done(verdict, delivery)
    say(_REFUSED, delivery=delivery)


def reclassify(delivery: Id, *, reason: Reason) -> None:
    """Examine the staged sealed values again, and start the delivery's run."""
    with opened() as custody:
        answer = custody.reclassify(DeliveryId(delivery), reason=reason, actor=actor())
        if answer != DeliveryState.SEALED.value:
            text = _NO_RECLASSIFY.get(answer, _NOT_STAGED)
            raise fail(text, delivery=delivery, state=answer)
        say(_RECLASSIFIED, delivery=delivery)
        key = DeliveryKey.parse(delivery)
        if key is not None:
            start_run(custody, key, why="reclassify", further=True)


def as_document(record: "DeliveryRecord") -> dict[str, object]:
    """Return a delivery as plain JSON; counts and codes, no value."""
    moments = {
        "received_at": record.received_at,
        "exported_at": record.exported_at,
        "erased_at": record.erased_at,
    }
    return {
        "delivery": record.key.delivery_id,
        "state": record.state.value,
        "reasons": list(record.reasons),
        "read": record.tally.read,
        **{name: getattr(record.tally, name) for name in COUNTS},
        "files": [
            {"name": file.name, "sha256": file.sha256, "size": file.size}
            for file in record.files
        ],
        "manifest_sha256": record.manifest_digest,
        "policy": record.policy_digest,
        **{
            name: None if moment is None else moment.isoformat()
            for name, moment in moments.items()
        },
    }


def _line(record: "DeliveryRecord") -> str:
    counts = (record.tally.read, *(getattr(record.tally, name) for name in COUNTS))
    numbers = " ".join(f"{count:>4}" for count in counts)
    reasons = ", ".join(record.reasons)
    return f"{record.key.delivery_id:<34} {record.state.value:<12} {numbers}  {reasons}"


def _refuse_unless_done(verdict: "Verdict", delivery: str) -> None:
    texts = {"unknown": _UNKNOWN, "not_held": _NOT_HELD, "unfit_reason": UNFIT_REASON}
    text = texts.get(verdict.value)
    if text is not None:
        raise fail(text, delivery=delivery)
