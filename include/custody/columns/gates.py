"""The gates of free text: patterns without which a search finds nothing.

Each is the pattern of its search in `domain.free_text`, widened where Polars
cannot look around, or what that search needs at the least.  A gate that stands
open says nothing; one that is shut says for certain that the search is in vain.
`tests/property` holds the whole to `domain.detection.detect`.
"""

from custody.domain.addresses import ADDRESS
from custody.domain.cards import IBAN, IBAN_COUNTRIES
from custody.domain.credentials import CREDENTIAL
from custody.domain.damage import SHOWN
from custody.domain.documents import PASSPORT, PERMANENT_18, TRAVEL_PERMIT, USCC
from custody.domain.free_text import (
    LABELLED_PERSON,
    LATIN_LABEL,
    PLATE,
    PLATED,
    UUID,
    WRITTEN_ORGANISATION,
    Search,
)
from custody.domain.hosts import IPV4_ALONE
from custody.domain.labelled import LABELLED, TAX
from custody.domain.latin_addresses import LATIN_ADDRESSES
from custody.domain.normalising import DATE
from custody.domain.phones import EXTENSION, MOBILE, NANP, SLASHED
from custody.domain.written_dates import BIRTHS, DATES, OFFSET


def widened(pattern: str) -> str:
    """Return a pattern without what looks around: it fits wherever that one does."""
    kept, at = [], 0
    while at < len(pattern):
        if pattern.startswith(("(?!", "(?=", "(?<!", "(?<="), at):
            at = _end_of_group(pattern, at)
            continue
        end = _end_of_atom(pattern, at)
        kept.append(pattern[at:end])
        at = end
    return "".join(kept)


def _end_of_atom(pattern: str, at: int) -> int:
    """Return where an escaped character, a class or a character ends."""
    if pattern[at] == "\\":
        return at + 2
    if pattern[at] != "[":
        return at + 1
    at += 2 if pattern[at + 1] == "^" else 1
    at += 1  # a bracket that closes at once is a character
    while pattern[at] != "]":
        at += 2 if pattern[at] == "\\" else 1
    return at + 1


def _end_of_group(pattern: str, at: int) -> int:
    depth = 0
    while True:
        depth += {"(": 1, ")": -1}.get(pattern[at], 0)
        at = _end_of_atom(pattern, at)
        if not depth:
            return at


def _any(*patterns: str) -> str:
    """Return a pattern that fits where one of them does, each with its own flags."""
    return "|".join(f"(?:{widened(one)})" for one in patterns)


def _whole(*patterns: str) -> str:
    return f"^(?:{_any(*patterns)})$"


_EDGE, _ALONE = "(?:^|[^0-9A-Za-z])", "(?:[^0-9A-Za-z]|$)"
_MORE = "(?:[ .-]?[0-9])"
_PHONE_DIGITS = (
    f"1[ .-]?[3-9]{_MORE}{{9}}|[48][ .-]?0[ .-]?0{_MORE}{{7}}|0[ .-]?[1-9]{_MORE}{{8}}"
    f"|86[ .-]?[1-9]{_MORE}{{8}}"
)
_WRITTEN_PHONE = f"(?:tel:)?[+(]{{0,2}}[0-9][0-9 ().-]{{5,45}}(?i){EXTENSION}"
_WRITTEN_EMAIL = '(?:[^ ,]+ ?@ ?[^ ,]+|.{1,70}"@[^ ,]+|<[^<>]+@[^<>]+>)'
_IPV6 = "::|(?:[0-9A-Fa-f]{1,4}:){6}"

GATES: dict[Search, str] = {
    Search.CREDENTIAL: _any(CREDENTIAL),
    Search.LABELLED: _any(*LABELLED),
    Search.NATIONAL_PHONE: NANP,
    Search.PLATE: _any(PLATED),
    Search.HOST: f"{_any(IPV4_ALONE)}|{_IPV6}",
    Search.ADDRESS: f"{ADDRESS}|{LATIN_ADDRESSES}",
    Search.BIRTH: _any(*BIRTHS),
    Search.ORGANISATION: f"(?:^|[^0-9A-Z]){WRITTEN_ORGANISATION}(?:[^0-9A-Z]|$)",
    Search.PERSON: f"{LABELLED_PERSON}|^(?:{LATIN_LABEL})",
    Search.MACHINE_READ: "<",
    Search.NUMBER: (
        f"{_EDGE}(?:(?:(?:00)?86[ .-]?)?(?:{_PHONE_DIGITS})|[0-9]{_MORE}{{12}}"
        f"|(?i:(?:{USCC})|(?:{IBAN_COUNTRIES})[0-9]{{2}}[0-9A-Z]{{11,29}}){_ALONE})"
        f"|[+][1-9]{_MORE}{{7}}|[(]0[0-9]{{2,3}}[)] ?[0-9]{{7}}"
    ),
}
"""What a text holds wherever that search finds something; `rest` without e-mail.

`Search.EMAIL` has none: an address is cut out before, for a search sees the rest.
"""

MOBILE_ALONE = (
    f"(^|[^0-9A-Za-z.+ -]|[^0-9] |[^0-9A-Za-z]-){MOBILE}"
    "([^0-9A-Za-z. -]|[ -][^0-9Xx]|$)"
)
"""A mobile that no digit beside it could make part of another number."""

TAX_LABELLED = _any(TAX)
"""The one label that makes a mobile something else."""

ADDRESSED = "@"
UNSURE_EMAIL = "://|@[1-9]x[.]|(?i:git)@|<[^<>]*@"
"""Where an address may be a login or none."""

WHOLE = "|".join(
    (
        _whole(_WRITTEN_PHONE, SLASHED, SHOWN, PLATE, _WRITTEN_EMAIL),
        _whole(f"{DATE}(?:{OFFSET})?", *DATES),
        "^(?i:p[a@4][s$5]{2})",
        f"^\\[?[0-9A-Fa-f:.]*(?:{_IPV6})",
        "^[0-9A-Za-z ]{7,30}[(\\[] ?[0-9A-Za-z] ?[)\\]]$",
    )
)
"""Where a value may be a number or a word itself."""

STRANGE = (
    f"{UUID}|^[0-9]{{11,19}}[.]0$"
    "|[\u00df\u0130\u0131\u0149\u017f\u01f0\u1e96-\u1e9a\u212a\ufb00-\ufb06]"
)
"""Where gates are no judge: UUIDs, which are cut out, what floats leave behind, and
letters whose other case is ASCII."""

WHOLE_CODE = (
    f"^(?:[0-9]{{12,20}}|[0-9]{{17}}X(?:[0-9]{{2}})?|{USCC}|[A-Z][1289][0-9]{{8}}"
    f"|[0-9A-Z]{{3}}[0-9]{{12}}|[0-9]{{6}}[0-9A-Z]{{9}}|{TRAVEL_PERMIT}|{PASSPORT}"
    f"|{IBAN}|{PERMANENT_18}|[0-9]{{8}}X|MA[0-9A-Z]{{6}}[0-9X]|[0-9A-Z]{{8}}[0-9X])$"
)
"""Where a code without its breaks, in capitals, may be a document or an account."""
