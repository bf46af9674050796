"""Canary values: invented personal data that must turn up nowhere but sealed.

Each belongs to a *label*, the delivery it travels in, so that a finding names the
step that leaked.  A further kind of value is one more line in `_KINDS`, a further
encoding one more line in `ENCODINGS`.
"""

import base64
import datetime as dt
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import quote

from tests.builders import people

_RARE = "曌翀彧璟犇垚奡頔婠芃"  # no text on this machine has two of them in a row


@dataclass(frozen=True, slots=True)
class Canary:
    """One planted value; its repr names label and kind only."""

    label: str
    kind: str
    value: str

    def __repr__(self) -> str:
        """Name the canary without its value."""
        return f"{self.label}/{self.kind}"


def _person_name(rng: random.Random) -> str:
    return rng.choice(people.SURNAMES) + "".join(rng.sample(_RARE, 3))


def _address(rng: random.Random) -> str:
    road = "".join(rng.sample(_RARE, 3))
    return f"北京市朝阳区{road}路{rng.randrange(1, 300)}号{rng.randrange(100, 999)}室"


def _passport(rng: random.Random) -> str:
    return f"E{rng.choice('ABCDGH')}{people.digits(rng, 7)}"


def _plate(rng: random.Random) -> str:
    return f"粤{rng.choice('BCDE')}D{people.digits(rng, 5)}"


def _birth_date(rng: random.Random) -> str:
    """Before any date that a program writes of itself, the epoch of 1970 included."""
    return str(dt.date(1925, 1, 1) + dt.timedelta(days=rng.randrange(9_000)))


def _free_text(rng: random.Random) -> str:
    return "来电者自称" + "".join(rng.sample(_RARE, 5)) + "且要求改期"


def _customer_number(rng: random.Random) -> str:
    return f"KH{people.digits(rng, 12)}"


_KINDS: dict[str, Callable[[random.Random], str]] = {
    "person_name": _person_name,
    "resident_id": people.resident_id,
    "phone": people.mobile,
    "landline": people.landline,
    "bank_card": people.bank_card,
    "email": people.email,
    "address": _address,
    "passport": _passport,
    "plate": _plate,
    "birth_date": _birth_date,
    "free_text": _free_text,
    "customer_number": _customer_number,
}
KINDS = tuple(_KINDS)


def draw(seed: int, label: str) -> dict[str, Canary]:
    """Return one canary of each kind; the same for the same seed and label."""
    rng = random.Random(f"{seed}/{label}")  # noqa: S311 - invented people
    return {kind: Canary(label, kind, make(rng)) for kind, make in _KINDS.items()}


# --- how a value may lie in bytes -----------------------------------------------


def _json_escapes(value: str) -> bytes:
    units = value.encode("utf-16-be")
    pairs = (units[at : at + 2].hex() for at in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs).encode()


def _json_text(value: str) -> bytes:
    return value.encode("ascii", "backslashreplace")


def _upper_escapes(text: bytes) -> bytes:
    return text.upper().replace(b"\\U", b"\\u")


def _percent(value: str) -> bytes:
    return quote(value, safe="").encode()


def _entities(value: str) -> tuple[bytes, ...]:
    """Return what pages and workbooks make of what is not ASCII (HTML, XML)."""
    return tuple(
        "".join(
            char if char.isascii() else f"&#{mark}{ord(char):{form}};" for char in value
        ).encode()
        for mark, form in (("", "d"), ("x", "x"), ("x", "X"))
    )


def _base64(value: str) -> tuple[bytes, ...]:
    """Return what base64 makes of the value at each offset, whatever is around it."""
    content = value.encode()
    found = []
    for before in range(3):
        text = base64.b64encode(bytes(before) + content)
        first = -(-before * 8 // 6)
        found.append(text[first : (before + len(content)) * 8 // 6])
    return (*found, *(text.translate(_URL_SAFE) for text in found))


_URL_SAFE = bytes.maketrans(b"+/", b"-_")

ENCODINGS: dict[str, Callable[[str], tuple[bytes, ...]]] = {
    "utf-8": lambda value: (value.encode(),),
    "utf-16-le": lambda value: (value.encode("utf-16-le"),),
    "utf-16-be": lambda value: (value.encode("utf-16-be"),),
    "gb18030": lambda value: (value.encode("gb18030"),),
    "json": lambda value: (
        _json_text(value),
        _upper_escapes(_json_text(value)),
        _json_escapes(value),
        _upper_escapes(_json_escapes(value)),
    ),
    "percent": lambda value: (_percent(value), _percent(value).lower()),
    "entities": _entities,
    "base64": _base64,
    "hex": lambda value: (
        value.encode().hex().encode(),
        value.encode().hex().upper().encode(),
    ),
}
"""Every way a value is looked for; gzip, zstd, zlib and zip are opened besides."""


def patterns(canaries: Iterable[Canary]) -> dict[bytes, tuple[Canary, str]]:
    """Return each byte string to look for, with its canary and encoding."""
    return {
        text: (canary, encoding)
        for canary in canaries
        for encoding, write in reversed(ENCODINGS.items())
        for text in write(canary.value)
    }
