"""The ledger 台账: the form of one line, and the line that follows another.

A line is `custody/ledger/1 `, one canonical JSON object, a blank, and the base64
Ed25519 signature over everything before that blank (docs/formats.md).  Each line
names the hash of the line before it and the public key that signed it (design
idea 6).  Signing comes in as an argument; storing is the warehouse's; judging a
whole ledger is `custody.domain.ledger_check`.
"""

import base64
import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeGuard

from custody.domain.language import Text
from custody.errors import EvidenceError

PREFIX = b"custody/ledger/1 "
GENESIS = bytes(32)
"""What the first line names as the hash before it."""

MAX_CLOCK_LAG = dt.timedelta(minutes=5)
"""How far a writer's clock may stand behind the last line."""

MAX_INTEGER = 2**53 - 1
SIGNATURE_BYTES = 64
_ORIGIN = re.compile(r"ed25519:[0-9a-f]{64}")
_KEYS = frozenset(("body", "kind", "origin", "position", "previous", "subject", "time"))
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"

BodyValue = str | int | bool | Sequence[str]
_NO_VALUE = Text(
    "台账内容 {name}：不是文本、整数或文本列表",
    "ledger body, {name}: not text, an integer or a list of text",
)
_NO_ORIGIN = Text(
    "台账来源不是 `ed25519:` 加 64 位十六进制数",
    "a ledger origin is not `ed25519:` and 64 hex digits",
)
_CLOCK = Text(
    "时钟早于台账末行：请校准时钟",
    "the clock stands behind the last ledger line: set the clock",
)


class Draft(Protocol):
    """An entry to be: kind, subject and facts without personal data."""

    @property
    def kind(self) -> str:
        """What happened."""

    @property
    def subject(self) -> str:
        """To which delivery, epoch or quarantine name."""

    @property
    def body(self) -> Mapping[str, BodyValue]:
        """Counts, codes, roots."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The ledger's own key: `origin` names it, `sign` returns 64 bytes."""

    origin: str
    sign: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line, taken apart; `signed` is the text that `signature` is over."""

    position: int
    time: dt.datetime
    kind: str
    subject: str
    body: Mapping[str, BodyValue]
    origin: str
    previous: bytes
    signed: bytes
    signature: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Where a ledger stood: who, how many lines, the hash of the last one.

    `origin` is None when only size and hash are known.
    """

    origin: str | None
    size: int
    hash: bytes


def origin_of(public_key: bytes) -> str:
    """Return the origin that names a raw Ed25519 public key (32 bytes)."""
    return f"ed25519:{public_key.hex()}"


def key_of(origin: str) -> bytes:
    """Return the raw public key that an origin names; EvidenceError otherwise."""
    if not _ORIGIN.fullmatch(origin):
        raise _NO_ORIGIN.as_error(EvidenceError)
    return bytes.fromhex(origin.partition(":")[2])


def hash_line(line: bytes) -> bytes:
    """Return the hash by which the next line names this one: 32 bytes."""
    return hashlib.sha256(line).digest()


def write_line(
    draft: Draft, *, last: bytes | None, moment: dt.datetime, signer: Signer
) -> bytes:
    """Return the line that follows `last` (None: the first line of a ledger).

    A clock a little behind the last line is set to that line's time, so order by
    time and by position agree; further behind is an EvidenceError, as is a body
    with anything but text, integers, booleans and lists of text.
    """
    before = None if last is None else read_line(last)
    fields = {
        "body": _plain_body(draft.body),
        "kind": draft.kind,
        "origin": signer.origin,
        "position": 1 if before is None else before.position + 1,
        "previous": (GENESIS if last is None else hash_line(last)).hex(),
        "subject": draft.subject,
        "time": _ordered(before, moment).strftime(_TIME),
    }
    signed = PREFIX + _canonical(fields)
    line = signed + b" " + base64.b64encode(signer.sign(signed))
    read_line(line)  # what could not be read again is never written
    return line


def read_line(line: bytes) -> Line:
    """Take one line apart; EvidenceError when a single byte is not canonical."""
    try:
        signed, _, encoded = line.rpartition(b" ")
        signature = base64.b64decode(encoded, validate=True)
        fields = json.loads(signed.removeprefix(PREFIX))
        parsed = _line(fields, signed, signature)
    except _NOT_CANONICAL:
        raise _MALFORMED.as_error(EvidenceError) from None
    rebuilt = PREFIX + _canonical(fields) + b" " + base64.b64encode(signature)
    if rebuilt != line or fields.keys() != _KEYS or len(signature) != SIGNATURE_BYTES:
        raise _MALFORMED.as_error(EvidenceError)
    return parsed


def head_of(line: bytes) -> Head:
    """Return the head of a ledger whose last line this is."""
    parsed = read_line(line)
    return Head(origin=parsed.origin, size=parsed.position, hash=hash_line(line))


_NOT_CANONICAL = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_MALFORMED = Text(
    "台账行不符合 docs/formats.md 的格式",
    "a ledger line is not in the form of docs/formats.md",
)


def _line(fields: Mapping[str, object], signed: bytes, signature: bytes) -> Line:
    text = {
        name: fields[name] for name in ("kind", "subject", "origin", "previous", "time")
    }
    position, body = fields["position"], fields["body"]
    if (
        not all(isinstance(value, str) for value in text.values())
        or type(position) is not int
        or not isinstance(body, dict)
    ):
        raise TypeError
    key_of(str(text["origin"]))
    return Line(
        position=position,
        time=dt.datetime.strptime(str(text["time"]), _TIME).replace(tzinfo=dt.UTC),
        kind=str(text["kind"]),
        subject=str(text["subject"]),
        body=_plain_body(body),
        origin=str(text["origin"]),
        previous=_hash_bytes(str(text["previous"])),
        signed=signed,
        signature=signature,
    )


def _hash_bytes(text: str) -> bytes:
    value = bytes.fromhex(text)
    if len(value) != len(GENESIS):
        raise ValueError
    return value


def _plain_body(body: Mapping[str, object]) -> dict[str, BodyValue]:
    plain: dict[str, BodyValue] = {}
    for name, value in body.items():
        if isinstance(value, str) or _is_integer(value):
            plain[name] = value
        elif _is_texts(value):
            plain[name] = list(value)
        else:
            raise _NO_VALUE.as_error(EvidenceError, name=name)
    return plain


def _is_integer(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and abs(value) <= MAX_INTEGER  # bool is an int


def _is_texts(value: object) -> TypeGuard[Sequence[str]]:
    return isinstance(value, (list, tuple)) and all(
        isinstance(part, str) for part in value
    )


def _ordered(before: Line | None, moment: dt.datetime) -> dt.datetime:
    moment = moment.astimezone(dt.UTC)
    if before is None or moment >= before.time:
        return moment
    if before.time - moment > MAX_CLOCK_LAG:
        raise _CLOCK.as_error(EvidenceError)
    return before.time


def _canonical(fields: Mapping[str, object]) -> bytes:
    return json.dumps(
        fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()
