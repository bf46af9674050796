"""`custody keys renew`: a medium gets another recovery secret, on three new cards."""

from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli.handover import Cards, tell, writer_of
from custody.cli.runs import fail, say
from custody.cli.session import REFUSED, opened
from custody.domain.language import Text

if TYPE_CHECKING:
    from custody.adapters.share_files import CardWriter
    from custody.bootstrap import Custody

_UNKNOWN = Text("没有名为 {medium} 的介质", "there is no medium named {medium}")
_ESCROWED = Text(
    "{medium}：{there}/{living} 个有效纪元已托管给新卡",
    "{medium}: {there} of {living} living epochs are escrowed to the new cards",
)
_NEXT = Text(
    "下一步：运行 `custody backup run`。"
    "在此之前写入的内容只能用旧卡打开，"
    "请保留旧卡，直至此前的备份集全部到期移除（custody backup list）；"
    "若旧卡可能已泄露，再运行 `custody keys rotate`，并等待其托管到期移除。",
    "Now run `custody backup run`."
    " What was written before it opens by the former cards only: keep them until"
    " the sets from before have left (custody backup list). If others may have seen"
    " them, run `custody keys rotate` too: what they open ends with the escrows of the"
    " former epochs.",
)


def renew(
    medium: Annotated[str, typer.Argument(help="介质名称。 The medium's name.")],
    *,
    cards: Cards = None,
) -> None:
    """Make another secret for a medium, write its cards, seal its escrows anew.

    The folders must be empty of cards: none is ever written over.
    """
    with opened() as custody:
        writer = writer_of(custody.settings, cards, whole=False)
        if writer is None or medium not in custody.public_keys.media:
            raise fail(_UNKNOWN, medium=medium)
        _renew(custody, medium, writer)
    tell(writer.files(medium))
    with opened() as custody:  # sees the new public keys
        found = next(one for one in custody.care_for_escrows() if one.medium == medium)
    say(_ESCROWED, medium=medium, there=found.there, living=found.living)
    if not found.holds:
        raise typer.Exit(REFUSED)
    say(_NEXT)


def _renew(custody: "Custody", medium: str, writer: "CardWriter") -> None:
    import secrets  # noqa: PLC0415 - light start

    from custody.application.public_keys import MediumKeys  # noqa: PLC0415 - as above
    from custody.crypto import recovery  # noqa: PLC0415 - as above
    from custody.domain.ledger_check import fingerprint  # noqa: PLC0415 - as above

    secret = writer.renew(
        medium,
        secrets.token_bytes(recovery.SECRET_BYTES),
        fingerprint(custody.public_keys.ledger),
        in_force=custody.public_keys.media[medium].age,
    )
    own = recovery.derive_identities(secret, medium=medium)
    custody.renew_recipient(
        medium, MediumKeys(age=own.age_recipient, hpke=own.hpke_public)
    )
