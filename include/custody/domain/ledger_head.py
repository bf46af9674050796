"""The head 台账头 of a ledger, as it is kept elsewhere: signed, one line.

A chain and its signatures do not show that its end was cut off; a head that lies
where the ledger's writer cannot reach it does (design idea 6, R72).  It is either
the signed line of docs/formats.md or, copied by hand, `SIZE:HASH`.
"""

import base64
import json
import re
from collections.abc import Collection, Mapping

from custody.domain.language import Text
from custody.domain.ledger import MAX_INTEGER, SIGNATURE_BYTES, Head, Signer, key_of
from custody.domain.ledger_check import Verify, fingerprint
from custody.errors import EvidenceError

PREFIX = b"custody/head/1 "
_KEYS = frozenset(("hash", "origin", "size"))
_HASH = re.compile("[0-9a-f]{64}")
_SHORT = re.compile("([1-9][0-9]{0,15}):([0-9a-f]{64})")
_UNTRUSTED = Text(
    "台账头不是由此处信任的公钥签名",
    "the ledger head is not signed by a key that is trusted here",
)
_MALFORMED = Text(
    "台账头不符合 docs/formats.md 的格式",
    "a ledger head is not in the form of docs/formats.md",
)
_OTHER_KEY = Text(
    "台账由另一把密钥签名", "the ledger was signed by another key than this one"
)


def write_head(head: Head, signer: Signer) -> bytes:
    """Return the signed line of a head, without a newline.

    EvidenceError when the signer is not the one who signed the ledger's lines.
    """
    if head.origin != signer.origin:
        raise _OTHER_KEY.as_error(EvidenceError)
    signed = PREFIX + _canonical(head)
    return signed + b" " + base64.b64encode(signer.sign(signed))


def read_head(line: bytes, *, verify: Verify, pins: Collection[str]) -> Head:
    """Return the head that a signed line tells; one newline at its end is welcome.

    EvidenceError unless every byte is canonical and a key whose fingerprint is
    among `pins` has signed it.
    """
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    try:
        signed, _, encoded = line.rpartition(b" ")
        signature = base64.b64decode(encoded, validate=True)
        head = _head(json.loads(signed.removeprefix(PREFIX)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _MALFORMED.as_error(EvidenceError) from None
    rebuilt = PREFIX + _canonical(head) + b" " + base64.b64encode(signature)
    if rebuilt != line or len(signature) != SIGNATURE_BYTES:
        raise _MALFORMED.as_error(EvidenceError)
    key = key_of(str(head.origin))
    if fingerprint(key) not in pins or not verify(key, signed, signature):
        raise _UNTRUSTED.as_error(EvidenceError)
    return head


def short_head(text: str) -> Head | None:
    """Read `SIZE:HASH`, the head as one copies it by hand; None when it is not one.

    It names no origin: the hash is over the last line, which names it.
    """
    found = _SHORT.fullmatch(text)
    if found is None:
        return None
    return Head(origin=None, size=int(found[1]), hash=bytes.fromhex(found[2]))


def _head(fields: Mapping[str, object]) -> Head:
    size, digest, origin = fields["size"], fields["hash"], fields["origin"]
    if (
        fields.keys() != _KEYS
        or type(size) is not int
        or not 1 <= size <= MAX_INTEGER
        or not isinstance(origin, str)
        or not _HASH.fullmatch(str(digest))
    ):
        raise ValueError
    return Head(origin=origin, size=size, hash=bytes.fromhex(str(digest)))


def _canonical(head: Head) -> bytes:
    fields = {"hash": head.hash.hex(), "origin": head.origin, "size": head.size}
    return json.dumps(fields, separators=(",", ":"), sort_keys=True).encode()
