"""Where the ledger stands when something is certified (R72)."""

from custody.application.ports import Ledger
from custody.domain.destroyed import LedgerPlace
from custody.domain.ledger import head_of
from custody.errors import EvidenceError


def place_of(ledger: Ledger) -> LedgerPlace:
    """Return the ledger's last line: what it tells of the matter comes before.

    EvidenceError when there is none.
    """
    last = ledger.last()
    if last is None:
        raise EvidenceError("the ledger is empty: nothing is certified")
    head = head_of(last)
    return LedgerPlace(position=head.size, hash=head.hash.hex())
