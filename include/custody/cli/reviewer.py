"""`custody reviewer …`: a key of one's own, who vouches for it, who revokes it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.passphrase import (
    As,
    KeyFile,
    PassphraseFile,
    new_passphrase,
    refused,
    signer,
)
from custody.cli.runs import actor, fail, say
from custody.cli.session import language, opened
from custody.cli.sign import Reason, tell_signed
from custody.domain.language import Text

if TYPE_CHECKING:
    from custody.application.reviewers import KeyDraft, KnowReviewers
    from custody.domain.approving import Refusals
    from custody.domain.enrolment import Roll

_MADE = Text(
    "私钥已写入 {file}：请自行保管，不要留在本机。\n"
    "请把 {shown} 交给管理员登记。\n"
    "指纹（请当面或电话核对）：{fingerprint}",
    "The private key is in {file}: take it away and keep it.\n"
    "Hand {shown} to whoever enrols keys.\n"
    "Fingerprint (compare it by voice or in person): {fingerprint}",
)
_FOUNDED = Text(
    "已登记首批审核人：\n{who}\n请各自核对指纹。",
    "The founding reviewers are enrolled:\n{who}\nEach compares the fingerprint.",
)
_PROPOSED = Text(
    "{person} 的密钥等待登记；需要两位已登记者签署：\n"
    "  custody reviewer vouch {digest} --as … --key …\n指纹 {fingerprint}",
    "The key of {person} waits; two who are enrolled must sign:\n"
    "  custody reviewer vouch {digest} --as … --key …\nFingerprint {fingerprint}",
)
_VOUCHES = Text(
    "您将作证：下列密钥属于 {person}。请先与其本人核对指纹。\n  指纹 {fingerprint}",
    "You are about to say that this key is {person}'s. Compare the fingerprint with"
    " them first.\n  fingerprint {fingerprint}",
)
_REVOKES = Text(
    "您将吊销 {person} 的密钥，不能恢复。\n  指纹 {fingerprint}",
    "You are about to revoke the key of {person}, for good.\n"
    "  fingerprint {fingerprint}",
)
_WAITS = Text("等待登记（{voices}/2）", "waits ({voices} of 2)")
_NONE = Text("还没有审核人密钥", "no reviewer has a key yet")
_UNKNOWN = Text(
    "people.yaml 中没有此人：{person}", "people.yaml names nobody so: {person}"
)

PersonId = Annotated[
    str, typer.Argument(help="people.yaml 中的编号。 The id in people.yaml.")
]
Shown = Annotated[
    Path, typer.Argument(help="`reviewer new` 写出的 .pub 文件。 A .pub.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True, help="审核人的密钥。 The keys of those who sign."
    )
    group.command("new", help="新建自己的密钥。 Make a key of one's own.")(new)
    group.command("found", help="登记首批两人（一次）。 Enrol the first two, once.")(
        found
    )
    group.command("propose", help="提交密钥等待登记。 Hand in a key.")(propose)
    group.command("vouch", help="为他人的密钥作证。 Say that a key is somebody's.")(
        vouch
    )
    group.command("revoke", help="吊销密钥。 Revoke a key for good.")(revoke)
    group.command("list", help="谁的密钥有效。 Whose keys stand, and what waits.")(
        list_keys
    )
    app.add_typer(group, name="reviewer")


def new(
    person: PersonId,
    *,
    out: Annotated[Path, typer.Option(help="写入此新文件。 Write this new file.")],
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make a private key, locked by a passphrase, and the file that shows it."""
    from custody.adapters.reviewer_keys import make_key  # noqa: PLC0415 - light start
    from custody.application.reviewers import show_key  # noqa: PLC0415 - as above
    from custody.domain.decisions import NONCE_BYTES  # noqa: PLC0415 - as above

    with opened() as custody:
        if custody.policy.people.find(person) is None:
            raise fail(_UNKNOWN, person=person)
        fingerprint, shown = make_key(
            out,
            passphrase=new_passphrase(passphrase_file),
            show=lambda key: show_key(
                person,
                key,
                dataset=custody.policy.dataset,
                now=custody.clock.now(),
                nonce=os.urandom(NONCE_BYTES),
            ),
        )
    say(_MADE, file=out, shown=shown, fingerprint=fingerprint)


def found(one: Shown, other: Shown) -> None:
    """Let the keys of the first two people stand; it happens once."""
    from custody.adapters.reviewer_keys import read_shown  # noqa: PLC0415 - as above

    lines = [read_shown(one), read_shown(other)]
    with opened() as custody:
        shown = custody.found_reviewers(lines, actor=actor())
    told = (
        f"  {each.decision.person}  {_fingerprint(each.decision.key)}" for each in shown
    )
    say(_FOUNDED, who="\n".join(told))


def propose(person: PersonId, shown: Shown) -> None:
    """Hand in the key that a person has shown; it waits for two voices."""
    from custody.adapters.reviewer_keys import read_shown  # noqa: PLC0415 - as above
    from custody.domain.approving import Refusals  # noqa: PLC0415 - as above

    line = read_shown(shown)
    with opened() as custody:
        answer = custody.reviewers.propose(person, line, actor=actor())
    if isinstance(answer, Refusals):
        raise refused(answer.reasons)
    say(
        _PROPOSED,
        person=person,
        digest=answer.digest,
        fingerprint=_fingerprint(answer.decision.key),
    )


def vouch(
    proposal: Annotated[str, typer.Argument(help="摘要。 The digest of the proposal.")],
    *,
    person: As,
    key: KeyFile,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Say that a key is somebody's; the second voice of two others enrols it."""
    with opened() as custody:
        reviewers = custody.reviewers
        draft = reviewers.vouch(proposal, person=person)
        _sign(reviewers, draft, _VOUCHES, key, passphrase_file)


def revoke(
    whose: PersonId,
    *,
    person: As,
    key: KeyFile,
    reason: Reason = "",
    passphrase_file: PassphraseFile = None,
) -> None:
    """Revoke a key: one's own by oneself, another's by two."""
    with opened() as custody:
        reviewers = custody.reviewers
        draft = reviewers.revoke(whose, person=person, reason=reason)
        _sign(reviewers, draft, _REVOKES, key, passphrase_file)


def list_keys() -> None:
    """Print every key with its person and state, then what waits for voices."""
    with opened() as custody:
        lines = list(_lines(custody.reviewers.roll()))
    if not lines:
        say(_NONE)
    for line in lines:
        typer.echo(line)


def _lines(roll: "Roll") -> "list[str]":
    from custody.domain.decision_words import STATES  # noqa: PLC0415 - light start

    lines = [
        f"{one.person}\t{STATES[one.state].of(language())}\t{_fingerprint(one.key)}"
        for one in roll.keys
    ]
    lines += [
        f"{one.signed.decision.person}"
        f"\t{_WAITS.of(language(), voices=len(one.voices))}"
        f"\t{_fingerprint(one.signed.decision.key)}\t{one.signed.digest}"
        for one in roll.proposals
    ]
    return lines


def _sign(
    reviewers: "KnowReviewers",
    draft: "KeyDraft | Refusals",
    shown: Text,
    key: Path,
    passphrase_file: Path | None,
) -> None:
    """Show, ask for the passphrase, sign, record."""
    from custody.domain.approving import Refusals  # noqa: PLC0415 - light start

    if isinstance(draft, Refusals):
        raise refused(draft.reasons)
    say(shown, person=draft.of, fingerprint=_fingerprint(draft.decision.subject))
    sign = signer(key, person=draft.decision.person, passphrase_file=passphrase_file)
    tell_signed(reviewers.keep(draft, sign, actor=actor()))


def _fingerprint(key: str) -> str:
    from custody.domain.ledger import key_of  # noqa: PLC0415 - light start
    from custody.domain.ledger_check import fingerprint  # noqa: PLC0415 - as above

    return fingerprint(key_of(key))
