"""Where the ledger stands when something is certified (R72)."""

from custody.application.ports import Ledger
from custody.domain.destroyed import LedgerPlace
from custody.domain.language import Text
from custody.domain.ledger import head_of
from custody.errors import EvidenceError

_EMPTY = Text("台账为空：不出具记录", "the ledger is empty: nothing is certified")


def place_of(ledger: Ledger) -> LedgerPlace:
    """Return the ledger's last line: what it tells of the matter comes before.

    EvidenceError when there is none.
    """
    last = ledger.last()
    if last is None:
        raise _EMPTY.as_error(EvidenceError)
    head = head_of(last)
    return LedgerPlace(position=head.size, hash=head.hash.hex())
