"""`custody keys recover`: a lost key provider gets the living keys from a medium."""

from custody.cli.recovery import Medium, Shares, Whole, secret_of, url_of
from custody.cli.runs import say
from custody.cli.session import opened
from custody.domain.language import Text

_RECOVERED = Text(
    "已从 {medium} 的托管取回 {epochs} 个有效纪元的密钥",
    "the keys of {epochs} living epochs came back from the escrows of {medium}",
)


def recover(medium: Medium, *, share: Shares = None, secret: Whole = None) -> None:
    """Open every living epoch's escrow, try it, and give the provider its key.

    As the destroyer, and with two cards of one medium; databases stay as they are.
    """
    with opened() as custody:
        url = url_of(custody.settings, medium)
        custody.look_at(url)
        own = secret_of(custody.settings, url, share, secret)
        living = custody.recover_keys(url, own)()
    say(_RECOVERED, medium=medium, epochs=len(living))
