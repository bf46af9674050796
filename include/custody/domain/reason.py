"""A person's reason for a decision, as it may stand in the ledger (idea 6).

The ledger holds no personal data and is never rewritten, so a reason that looks
as if it held some is refused before it is written.
"""

import re

from custody.domain.free_text import find_in_text

MAX_REASON_CHARACTERS = 200
_LONG_NUMBER = re.compile(r"(?:\d[ -]?){7,}")


def is_fit_reason(text: str) -> bool:
    """Whether a reason is there, is one printable line, and names no person.

    Seven digits in a row and `@` are refused too: an account number or address
    that no check recognises would otherwise stay for ever.
    """
    return (
        bool(text.strip())
        and len(text) <= MAX_REASON_CHARACTERS
        and text.isprintable()
        and "@" not in text
        and _LONG_NUMBER.search(text) is None
        and not find_in_text(text)
    )
