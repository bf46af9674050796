"""The form of a certificate: one canonical JSON file, signed (docs/formats.md).

What is signed is `custody/certificate/1 ` and the canonical JSON of the
certificate; the id of a certificate is SHA-256 over the same bytes.  A file is read
only if writing what was read gives the same bytes.
"""

import base64
import datetime as dt
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum

from custody.domain.certificate import DestructionCertificate
from custody.domain.closing import ClosingCertificate
from custody.domain.epochs import EpochId
from custody.domain.language import Text
from custody.domain.ledger import MAX_INTEGER, SIGNATURE_BYTES, Signer, key_of
from custody.errors import EvidenceError

PREFIX = b"custody/certificate/1 "
MAX_FILE_BYTES = 16 * 1024 * 1024
_TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
_KINDS: Mapping[str, type["Certificate"]] = {
    "destruction": DestructionCertificate,
    "closing": ClosingCertificate,
}
_KEYS = frozenset(("certificate", "origin", "signature"))
_MALFORMED = Text(
    "销毁记录不符合 docs/formats.md 的格式",
    "the certificate is not in the form of docs/formats.md",
)

Certificate = DestructionCertificate | ClosingCertificate


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCertificate:
    """A certificate and who signed it; `signed` is what `signature` is over."""

    certificate: Certificate
    origin: str
    signed: bytes
    signature: bytes

    @property
    def certificate_id(self) -> str:
        """Return the id: SHA-256 of what was signed, in hex."""
        return hashlib.sha256(self.signed).hexdigest()

    @property
    def kind(self) -> str:
        """Return `destruction` or `closing`."""
        return kind_of(self.certificate)


def kind_of(certificate: Certificate) -> str:
    """Return the name of a certificate's kind."""
    return next(kind for kind, form in _KINDS.items() if isinstance(certificate, form))


def sign_certificate(certificate: Certificate, signer: Signer) -> SignedCertificate:
    """Return a certificate with the signature of the certificates' own key."""
    signed = PREFIX + canonical_json(document_of(certificate))
    return SignedCertificate(
        certificate=certificate,
        origin=signer.origin,
        signed=signed,
        signature=signer.sign(signed),
    )


def document_of(certificate: Certificate) -> dict[str, object]:
    """Return a certificate as JSON's own values."""
    return {"kind": kind_of(certificate), **_plain_fields(certificate)}


def write_certificate(one: SignedCertificate) -> bytes:
    """Return the file of a certificate; it ends in one newline."""
    content = {
        "certificate": document_of(one.certificate),
        "origin": one.origin,
        "signature": base64.b64encode(one.signature).decode(),
    }
    return canonical_json(content) + b"\n"


def read_certificate(content: bytes) -> SignedCertificate:
    """Take a file apart; EvidenceError when a single byte is not canonical.

    Whether the signature holds and who signed, `domain.certificate_check` judges.
    """
    try:
        found = _read_file(json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise _MALFORMED.as_error(EvidenceError) from None
    if write_certificate(found) != content:
        raise _MALFORMED.as_error(EvidenceError)
    return found


def canonical_json(document: Mapping[str, object]) -> bytes:
    """Return the one way to write it: sorted keys, no blanks, UTF-8."""
    return json.dumps(
        document, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()


def read_signed(content: Mapping[str, object]) -> SignedCertificate:
    """Read the file's object, as it stands in a receipt; EvidenceError otherwise."""
    return read_certificate(canonical_json(content) + b"\n")


def _read_file(content: dict[str, object]) -> SignedCertificate:
    body = content["certificate"]
    if content.keys() != _KEYS or not isinstance(body, dict):
        raise TypeError
    origin = str(content["origin"])
    key_of(origin)
    signature = base64.b64decode(str(content["signature"]), validate=True)
    if len(signature) != SIGNATURE_BYTES:
        raise ValueError
    stated = {name: value for name, value in body.items() if name != "kind"}
    certificate: Certificate = _value(_KINDS[str(body["kind"])], stated)
    return SignedCertificate(
        certificate=certificate,
        origin=origin,
        signed=PREFIX + canonical_json(document_of(certificate)),
        signature=signature,
    )


def _plain_fields(value: object) -> dict[str, object]:
    names = (one.name for one in fields(typing.cast("typing.Any", value)))
    return {name: _plain(getattr(value, name)) for name in names}


def _plain(value: object) -> object:
    match value:
        case EpochId():
            return str(value)
        case StrEnum():
            return value.value
        case dt.datetime():
            return value.astimezone(dt.UTC).strftime(_TIME)
        case dt.date():
            return value.isoformat()
        case tuple():
            return [_plain(one) for one in value]
        case _:
            return _plain_fields(value) if is_dataclass(value) else value


def _value(form: typing.Any, value: typing.Any) -> typing.Any:  # noqa: ANN401 - by type
    """Return the value of a declared type; an error of Python's when it is none."""
    if isinstance(form, types.UnionType):  # `X | None`, and nothing else
        return None if value is None else _value(typing.get_args(form)[0], value)
    if typing.get_origin(form) is tuple:
        if not isinstance(value, list):
            raise TypeError
        return tuple(_value(typing.get_args(form)[0], one) for one in value)
    if is_dataclass(form) and form is not EpochId:
        return _dataclass(typing.cast("type", form), value)
    return _scalar(form, value)


def _dataclass(form: type, value: dict[str, object]) -> object:
    hints = typing.get_type_hints(form)
    if value.keys() != {one.name for one in fields(form)}:
        raise TypeError
    return form(**{name: _value(hints[name], one) for name, one in value.items()})


def _scalar(form: type, value: object) -> object:
    if form is int:
        if type(value) is not int or abs(value) > MAX_INTEGER:
            raise TypeError
        return value
    if not isinstance(value, str):
        raise TypeError
    if form is EpochId:
        return EpochId.parse(value)
    if form is dt.datetime:
        return dt.datetime.strptime(value, _TIME).replace(tzinfo=dt.UTC)
    if form is dt.date:
        return dt.date.fromisoformat(value)
    return form(value)
