"""A certificate on paper, Chinese and English side by side, nothing to load (R72)."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from custody.adapters.reports.certificate_paper import GREY, Paper
from custody.domain.certificate import Decided, DestructionCertificate
from custody.domain.certificate_form import SignedCertificate
from custody.domain.certificate_words import (
    COPIES,
    METHODS,
    OVERWRITING,
    REMAINS,
    RESULTS,
)
from custody.domain.closing import ClosingCertificate
from custody.domain.language import Language, Text
from custody.domain.observations import Observation


def render_certificate(one: SignedCertificate, *, zone: ZoneInfo) -> bytes:
    """Return the PDF; the same certificate gives the same bytes, whenever it is made.

    Moments are shown in the zone and in UTC.
    """
    paper = Paper(one, zone)
    stated = one.certificate
    if isinstance(stated, DestructionCertificate):
        _destruction(paper, stated)
    else:
        _closing(paper, stated)
    paper.seal()
    return bytes(paper.output())


def _destruction(paper: Paper, stated: DestructionCertificate) -> None:
    one = stated.destruction
    paper.dates(
        (
            Text("登记库内自此不可读", "unreadable in the warehouse since"),
            paper.moment(stated.unreadable_since),
        ),
        (
            Text(
                "预计任何地方均不可读（预期，非观察）",
                "expected to be unreadable anywhere from (expected, not observed)",
            ),
            f"{stated.expected_from.isoformat()} (UTC)",
        ),
    )
    paper.heading(Text("申请与审批", "Request and approval"))
    paper.grid(
        (
            _decided("申请 requested", one.requested, paper),
            _decided("审批 approved", one.approved, paper),
        ),
        (14, 26, 30, 30),
        (
            Text("", ""),
            Text("人员、角色、部门", "person, role, department"),
            Text("时间", "moment"),
            Text("决定摘要", "digest of the decision"),
        ),
    )
    paper.heading(Text("销毁范围", "What was destroyed"))
    _extent(paper, stated)
    paper.heading(Text("各类副本", "Each kind of copy"))
    _copies(paper, one.observations)
    paper.heading(Text("恢复尝试与留存客户", "Recovery attempt and survivors"))
    _proofs(paper, stated)
    paper.heading(Text("仍然存在的", "What remains"))
    for kind in stated.remains:
        paper.say(f"· {REMAINS[kind].zh}", size=8)
        paper.say(f"  {REMAINS[kind].en}", size=7.6, colour=GREY)
        paper.ln(0.6)


def _decided(label: str, one: Decided, paper: Paper) -> Sequence[str]:
    who = f"{one.person}\n{one.role}\n{one.department}"
    return (label, who, paper.moment(one.at), one.decision)


def _extent(paper: Paper, stated: DestructionCertificate) -> None:
    one = stated.destruction
    paper.grid(
        (
            (
                part.level.value,
                part.rule_id,
                part.legal_basis,
                f"{part.customers:,}",
                f"{part.values:,}",
            )
            for part in one.portions
        ),
        (11, 20, 43, 12, 14),
        (
            Text("级别", "level"),
            Text("规则", "rule"),
            Text("法律依据", "legal basis"),
            Text("客户", "customers"),
            Text("密文值", "sealed values"),
        ),
    )
    paper.ln(1.2)
    paper.grid(
        (
            ("客户合计 customers in all", f"{one.customers:,}"),
            ("密文值合计 sealed values in all", f"{one.values:,}"),
            ("登记库 dataset", one.dataset),
            ("计划摘要 plan digest", one.plan),
            ("计划之日 day of the plan", one.on.isoformat()),
            ("销毁的密钥纪元 epochs", ", ".join(map(str, one.epochs))),
            (
                "承诺值 commitments",
                f"{one.commitments.count:,}  {one.commitments.root}",
            ),
            ("台账位置 ledger", f"{one.ledger.position:,}  {one.ledger.hash}"),
        ),
        (28, 72),
    )


def _copies(paper: Paper, seen: Sequence[Observation]) -> None:
    """Write a line each; what overwriting came to at a place stands below, once."""
    notes = list(dict.fromkeys(one.overwriting for one in seen))
    paper.grid(
        (
            (
                _both(COPIES[one.copy]) + (f"\n{one.epoch}" if one.epoch else ""),
                one.where + (f" ({one.left:,})" if one.left else ""),
                _both(METHODS[one.method]),
                _both(RESULTS[one.result], until=one.until),
                str(notes.index(one.overwriting) + 1),
                paper.moment(one.seen_at).partition(" (")[0],
            )
            for one in seen
        ),
        (27, 15, 21, 21, 8, 13),
        (
            Text("副本", "copy"),
            Text("位置（余数）", "place (left)"),
            Text("方法", "method"),
            Text("结果", "result"),
            Text("覆写", "notes"),
            Text("观察时间", "seen at"),
        ),
    )
    paper.ln(1)
    for at, note in enumerate(notes, start=1):
        text = OVERWRITING[note]
        paper.say(f"{at}  {text.zh}。{text.en[0].upper()}{text.en[1:]}.", size=7.6)


def _proofs(paper: Paper, stated: DestructionCertificate) -> None:
    tried = stated.destruction.recovery
    paper.grid(
        (
            (
                "销毁样本 sample of the destroyed",
                f"销毁前可解 opened before: {tried.due_before} / {tried.due}",
                f"销毁后可解 opens after: {tried.due_after} / {tried.due}",
            ),
            (
                "留存样本 sample of survivors",
                "",
                f"可解 opens: {tried.survivors_after} / {tried.survivors}",
            ),
            *(
                (
                    f"全量备份 full set: {full.medium}",
                    f"密文值 values: {full.values:,}",
                    f"清单 manifest {full.manifest}\n根 root {full.root}",
                )
                for full in stated.destruction.full_sets
            ),
        ),
        (22, 22, 56),
    )


def _closing(paper: Paper, stated: ClosingCertificate) -> None:
    paper.dates(
        (
            Text(
                "自此任何地方均不可读（观察所得）",
                "unreadable anywhere since (observed)",
            ),
            paper.moment(stated.unreadable_since),
        ),
    )
    paper.heading(Text("所终结的销毁", "The destruction that is closed"))
    paper.grid(
        (
            ("销毁记录 certificate", stated.closes),
            ("登记库 dataset", stated.dataset),
            ("计划摘要 plan digest", stated.plan),
            ("销毁的密钥纪元 epochs", ", ".join(map(str, stated.epochs))),
            ("台账位置 ledger", f"{stated.ledger.position:,}  {stated.ledger.hash}"),
        ),
        (28, 72),
    )
    _listings(paper, stated)
    paper.heading(Text("再次查看", "Looked at again"))
    _copies(paper, stated.observations)


def _listings(paper: Paper, stated: ClosingCertificate) -> None:
    paper.heading(
        Text(
            "各介质的完整清单（含旧版本与删除标记）",
            "Complete listings, versions included",
        )
    )
    paper.grid(
        (
            (
                one.medium,
                f"{one.objects:,}",
                f"{one.markers:,}",
                f"{one.destroyed:,}",
                f"{one.living:,}",
                paper.moment(one.seen_at),
            )
            for one in stated.listings
        ),
        (16, 12, 12, 18, 14, 28),
        (
            Text("介质", "medium"),
            Text("对象", "objects"),
            Text("标记", "markers"),
            Text("已销毁纪元的托管", "escrows of destroyed epochs"),
            Text("在用托管", "living escrows"),
            Text("观察时间", "seen at"),
        ),
    )


def _both(text: Text, **places: object) -> str:
    return f"{text.of(Language.ZH, **places)}\n{text.of(Language.EN, **places)}"
