"""`custody sign request|approve|withdraw|status`: a destruction, word by word."""

from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.passphrase import As, KeyFile, PassphraseFile, refused, signer
from custody.cli.runs import actor, say
from custody.cli.session import language, opened
from custody.domain.language import Text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from custody.application.sign import Draft, SignDecisions, Word
    from custody.bootstrap import Custody
    from custody.domain.approving import Refusals
    from custody.domain.decisions import Signed

_YOU_SIGN = Text("您将签署：{kind}", "You are about to sign: {kind}")
_PLAN = Text("  计划      {digest}", "  plan       {digest}")
_DAY = Text("  日期      {on}（策略 {policy}）", "  day        {on} (policy {policy})")
_ORDINAL = Text(
    "  当日第 {ordinal} 个计划：之前的已执行或被拒绝",
    "  number {ordinal} of its day: those before were carried out or refused",
)
_WHOM = Text(
    "  客户      {customers}（登记库共 {registered}），{lines} 行",
    "  customers  {customers} of {registered} in the register, {lines} lines",
)
_PART = Text("    {level}  {rule}  {count}", "    {level}  {rule}  {count}")
_ANSWERS = Text(
    "  所批申请  {digest}\n    {person} 于 {made_at} 申请：{reason}",
    "  answers    {digest}\n    requested by {person} on {made_at}: {reason}",
)
_WHO = Text("  签署人    {person}，{role}", "  signer     {person}, {role}")
_UNTIL = Text("  有效至    {expires_at}", "  until      {expires_at}")
_LARGER = Text(
    "  超过策略上限：您明确同意",
    "  MORE than policy's cap: you say so expressly",
)
_WHY = Text("  理由      {reason}", "  reason     {reason}")
_SIGNED = Text("已签署并记入台账：{digest}", "signed, and told to the ledger: {digest}")
_STANDS = Text(
    "可以执行：{request} 申请，{approval} 批准，{customers} 位客户",
    "it may be carried out: requested by {request}, approved by {approval},"
    " {customers} customers",
)
_LACKS = Text("尚不能执行：", "It may not be carried out:")

Plan = Annotated[
    str, typer.Argument(help="计划摘要。 The plan's digest, 64 hex digits.")
]
Reason = Annotated[
    str, typer.Option(help="理由，不含个人信息。 Why, without personal data.")
]
Larger = Annotated[
    bool,
    typer.Option(
        "--larger", help="明确同意超过上限。 More than policy's cap is meant."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, help="签署销毁决定。 Sign about a destruction."
    )
    group.command("request", help="安全部申请销毁。 Security requests (R69).")(
        _deciding("request")
    )
    group.command("approve", help="分管领导批准。 The executive approves (R70).")(
        _deciding("approve")
    )
    group.command("withdraw", help="撤回申请。 End a request.")(withdraw)
    group.command("status", help="能否执行，还缺什么。 What is still lacking.")(status)
    app.add_typer(group, name="sign")


def _deciding(name: str) -> "Callable[..., None]":
    """Return the command that drafts a request, or an approval, and signs it."""

    def decide(
        plan: Plan,
        *,
        person: As,
        key: KeyFile,
        reason: Reason = "",
        larger: Larger = False,
        passphrase_file: PassphraseFile = None,
    ) -> None:
        from custody.application.sign import (  # noqa: PLC0415 - light start
            SignDecisions,
            Word,
        )

        word = Word(plan=plan, person=person, reason=reason, larger=larger)
        _sign(getattr(SignDecisions, name), word, key, passphrase_file)

    return decide


def withdraw(
    plan: Plan,
    *,
    person: As,
    key: KeyFile,
    reason: Reason = "",
    passphrase_file: PassphraseFile = None,
) -> None:
    """End the newest request of a plan: security, executive or legal may."""
    from custody.application.sign import SignDecisions, Word  # noqa: PLC0415 - light

    word = Word(plan=plan, person=person, reason=reason)
    _sign(SignDecisions.withdraw, word, key, passphrase_file)


def status(plan: Plan) -> None:
    """Verify a plan's decisions as the executor will; exit status 1 when refused."""
    from custody.domain.approving import Refusals  # noqa: PLC0415 - light start

    with opened() as custody:
        answer = custody.approval_status.check(plan, now=custody.clock.now())
    if isinstance(answer, Refusals):
        raise refused(answer.reasons, _LACKS)
    say(
        _STANDS,
        request=answer.requested_by.name,
        approval=answer.approved_by.name,
        customers=answer.customers,
    )


def _sign(
    draft: "Callable[[SignDecisions, Word], Draft | Refusals]",
    word: "Word",
    key: "Path",
    passphrase_file: "Path | None",
) -> None:
    """Draft, show, ask for the passphrase, sign, record."""
    from custody.domain.approving import Refusals  # noqa: PLC0415 - light start

    with opened() as custody:
        signing = custody.sign
        drafted = draft(signing, word)
        if isinstance(drafted, Refusals):
            raise refused(drafted.reasons)
        _show(custody, drafted)
        sign = signer(key, person=word.person, passphrase_file=passphrase_file)
        signed = signing.keep(drafted, sign, actor=actor())
    tell_signed(signed)


def tell_signed(signed: "Signed | Refusals") -> None:
    """Say what was signed, or why it was not."""
    from custody.domain.approving import Refusals  # noqa: PLC0415 - light start

    if isinstance(signed, Refusals):
        raise refused(signed.reasons)
    say(_SIGNED, digest=signed.digest)


def _show(custody: "Custody", drafted: "Draft") -> None:
    """Print all that the signature will be over, and what it stands for."""
    from custody.domain.decision_words import KINDS, ROLES  # noqa: PLC0415 - light
    from custody.domain.plan_form import FIRST  # noqa: PLC0415 - light start

    decision, plan, found = drafted.decision, drafted.plan, drafted.recount
    say(_YOU_SIGN, kind=KINDS[decision.kind].of(language()))
    say(_PLAN, digest=plan.digest)
    say(_DAY, on=plan.on.isoformat(), policy=plan.policy[:12])
    if plan.ordinal != FIRST:
        say(_ORDINAL, ordinal=plan.ordinal)
    say(
        _WHOM,
        customers=found.customers,
        registered=found.registered,
        lines=found.lines,
    )
    for level, rule, count in found.parts:
        say(_PART, level=_level(custody, level), rule=rule, count=count)
    if drafted.answers is not None:
        asked = drafted.answers.decision
        say(
            _ANSWERS,
            digest=drafted.answers.digest,
            person=_name(custody, asked.person),
            made_at=f"{asked.made_at:%Y-%m-%d %H:%M} UTC",
            reason=asked.reason or "-",
        )
    role = "-" if decision.role is None else ROLES[decision.role].of(language())
    say(_WHO, person=_name(custody, decision.person), role=role)
    say(_UNTIL, expires_at=f"{decision.expires_at:%Y-%m-%d %H:%M} UTC")
    if decision.larger:
        say(_LARGER)
    if decision.reason:
        say(_WHY, reason=decision.reason)


def _name(custody: "Custody", person_id: str) -> str:
    person = custody.policy.people.find(person_id)
    return person_id if person is None else f"{person.name} ({person_id})"


def _level(custody: "Custody", level: str) -> str:
    rule = next(one for one in custody.policy.levels if one.level == level)
    return Text(rule.label_zh, rule.label_en).of(language())
