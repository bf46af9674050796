"""A decision 审核决定: what one person said and signed, in its one form.

A decision is `custody/decision/1 `, one canonical JSON object, a blank, and the
base64 Ed25519 signature over everything before that blank, as a ledger line is
(docs/formats.md, ADR 4).  Its digest is over what is signed, so one decision has
one digest whoever copies it.  What it is worth, `enrolment` and `approving` say.
"""

import base64
import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from custody.domain.language import Text
from custody.domain.ledger import MAX_INTEGER, SIGNATURE_BYTES, key_of
from custody.domain.people import Role
from custody.domain.reason import MAX_REASON_CHARACTERS
from custody.errors import EvidenceError

PREFIX = b"custody/decision/1 "
NONCE_BYTES = 16
MAX_LINE_BYTES = 4_096
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_HEX = re.compile("[0-9a-f]*")
_DIGEST_CHARACTERS = 64
_PERSON = re.compile(r"[a-z][a-z0-9_]{0,47}")


class DecisionKind(StrEnum):
    """The closed set of words that people sign."""

    DESTRUCTION_REQUEST = "destruction_request"
    DESTRUCTION_APPROVAL = "destruction_approval"
    DESTRUCTION_WITHDRAWAL = "destruction_withdrawal"
    ENROLMENT = "enrolment"
    REVOCATION = "revocation"


KEY_KINDS = frozenset({DecisionKind.ENROLMENT, DecisionKind.REVOCATION})
"""What is said of a key; everything else is said of a plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is signed.

    `subject` is the digest of the plan, or of enrolment and revocation the key
    (`ed25519:` and hex).  `of` is the digest of the decision that this one
    answers: an approval's or withdrawal's request, an enrolment's proposal; empty
    otherwise.  `key` is the signer's, `role` the one in which they sign, None for
    one who only shows that a key is theirs.  `count` is the number of lines of
    the plan, `larger` whether more than policy's cap is meant.
    """

    kind: DecisionKind
    subject: str
    dataset: str
    person: str
    role: Role | None
    key: str
    made_at: dt.datetime
    expires_at: dt.datetime
    nonce: bytes
    reason: str
    of: str = ""
    count: int = 0
    larger: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A decision, the line that holds it, and the parts that a signature binds."""

    decision: Decision
    line: bytes
    message: bytes
    signature: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of what is signed: 64 hex digits."""
        return hashlib.sha256(self.message).hexdigest()


Sign = Callable[[bytes], bytes]
"""message -> 64 bytes."""


def message_of(decision: Decision) -> bytes:
    """Return the bytes that are signed."""
    fields = {
        "count": decision.count,
        "dataset": decision.dataset,
        "expires_at": _written(decision.expires_at),
        "key": decision.key,
        "kind": decision.kind.value,
        "larger": decision.larger,
        "made_at": _written(decision.made_at),
        "nonce": decision.nonce.hex(),
        "of": decision.of,
        "person": decision.person,
        "reason": decision.reason,
        "role": "" if decision.role is None else decision.role.value,
        "subject": decision.subject,
    }
    return PREFIX + _canonical(fields)


def write_decision(decision: Decision, sign: Sign) -> Signed:
    """Sign; EvidenceError when the decision could not be read again."""
    message = message_of(decision)
    return read_decision(message + b" " + base64.b64encode(sign(message)))


def read_decision(line: bytes) -> Signed:
    """Take a line apart; EvidenceError when a single byte is not canonical.

    The signature is not verified here: who may sign is asked with it.
    """
    if len(line) > MAX_LINE_BYTES:
        raise _MALFORMED.as_error(EvidenceError)
    try:
        message, _, encoded = line.rpartition(b" ")
        signature = base64.b64decode(encoded, validate=True)
        decision = _decision(json.loads(message.removeprefix(PREFIX)))
    except _NOT_CANONICAL:
        raise _MALFORMED.as_error(EvidenceError) from None
    rebuilt = message_of(decision) + b" " + base64.b64encode(signature)
    if rebuilt != line or len(signature) != SIGNATURE_BYTES:
        raise _MALFORMED.as_error(EvidenceError)
    return Signed(decision=decision, line=line, message=message, signature=signature)


def is_digest(text: str) -> bool:
    """Whether a text has the form of a digest: 64 lower-case hex digits."""
    return len(text) == _DIGEST_CHARACTERS and _HEX.fullmatch(text) is not None


_NOT_CANONICAL = (
    *(ValueError, KeyError, TypeError, AttributeError, RecursionError),
    EvidenceError,
)
_MALFORMED = Text(
    "决定不符合 docs/formats.md 的格式",
    "a decision is not in the form of docs/formats.md",
)


def _decision(fields: Mapping[str, object]) -> Decision:
    text = {name: value for name, value in fields.items() if isinstance(value, str)}
    count, larger = fields["count"], fields["larger"]
    if type(count) is not int or type(larger) is not bool:
        raise TypeError
    decision = Decision(
        kind=DecisionKind(text["kind"]),
        subject=text["subject"],
        dataset=text["dataset"],
        person=text["person"],
        role=Role(text["role"]) if text["role"] else None,
        key=text["key"],
        made_at=_read(text["made_at"]),
        expires_at=_read(text["expires_at"]),
        nonce=bytes.fromhex(text["nonce"]),
        reason=text["reason"],
        of=text["of"],
        count=count,
        larger=larger,
    )
    _refuse_misshapen(decision)
    return decision


def _refuse_misshapen(decision: Decision) -> None:
    """Refuse what has the right types and says what cannot be; ValueError."""
    key_of(decision.key)
    if decision.kind in KEY_KINDS:
        key_of(decision.subject)
    shapes = (
        decision.kind in KEY_KINDS or is_digest(decision.subject),
        decision.of == "" or is_digest(decision.of),
        len(decision.nonce) == NONCE_BYTES,
        _PERSON.fullmatch(decision.person) is not None,
        0 <= decision.count <= MAX_INTEGER,
        decision.made_at < decision.expires_at,
        len(decision.reason) <= MAX_REASON_CHARACTERS,
        decision.reason == "" or decision.reason.isprintable(),
    )
    if not all(shapes):
        raise ValueError


def _written(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime(_TIME)


def _read(text: str) -> dt.datetime:
    return dt.datetime.strptime(text, _TIME).replace(tzinfo=dt.UTC)


def _canonical(fields: Mapping[str, object]) -> bytes:
    return json.dumps(
        fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()
