"""The public keys that jobs hold: how to seal, and whose ledger it is (R67, R68)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from custody.domain.language import Text
from custody.errors import ConfigurationError

PUBLIC_KEYS_VERSION = 1
TAG_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class MediumKeys:
    """What seals to one medium: age recipient (`age1…`), HPKE public key (raw).

    `drill_age` and `drill_hpke` are those of the restore drill (ADR 24); empty in an
    installation that has no drill key yet.
    """

    age: str
    hpke: bytes
    drill_age: str = ""
    drill_hpke: bytes = b""

    @property
    def tag(self) -> str:
        """Whose key it is, as escrows name it: of its SHA-256 the first 64 bits."""
        return tag_of(self.hpke)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Who opens the outer layer of objects: the holders, and the drill."""
        return tuple(filter(None, (self.age, self.drill_age)))

    def shares_a_key_with(self, other: "MediumKeys") -> bool:
        """Whether what opens something of one medium opens something of another."""
        mine = {*self.recipients, self.hpke, self.drill_hpke}
        return bool(mine & {*other.recipients, other.hpke, other.drill_hpke} - {b""})

    def to_json(self) -> dict[str, str]:
        """Return what the public keys file has of a medium."""
        told = {"age": self.age, "hpke": self.hpke.hex()}
        if self.drill_age:
            told |= {"drill_age": self.drill_age, "drill_hpke": self.drill_hpke.hex()}
        return told

    @classmethod
    def from_json(cls, own: Mapping[str, str]) -> "MediumKeys":
        """Read it back; KeyError or ValueError when it is not that."""
        return cls(
            age=own["age"],
            hpke=bytes.fromhex(own["hpke"]),
            drill_age=own.get("drill_age", ""),
            drill_hpke=bytes.fromhex(own.get("drill_hpke", "")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKeys:
    """Everything that jobs may know: how to seal, and whose ledger it is.

    `certificate` is the key that signs certificates; older files name none.
    `enrolment` are the founding reviewers' own keys, by person (ADR 17); it is
    empty until they are founded.
    """

    media: Mapping[str, MediumKeys]
    quarantine: str
    ledger: bytes
    certificate: bytes | None = None
    enrolment: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def tags(self) -> Mapping[str, str]:
        """Medium -> to whom its escrows are sealed now."""
        return {name: keys.tag for name, keys in self.media.items()}

    @property
    def recipients(self) -> Mapping[str, Sequence[str]]:
        """Medium -> age recipients of its objects."""
        return {name: keys.recipients for name, keys in self.media.items()}

    def to_json(self) -> bytes:
        """Write the public keys file (docs/formats.md)."""
        content: dict[str, object] = {
            "version": PUBLIC_KEYS_VERSION,
            "media": {name: keys.to_json() for name, keys in self.media.items()},
            "quarantine": self.quarantine,
            "ledger": self.ledger.hex(),
        }
        if self.certificate is not None:
            content["certificate"] = self.certificate.hex()
        if self.enrolment:
            content["enrolment"] = {
                person: key.hex() for person, key in self.enrolment.items()
            }
        return json.dumps(content, indent=2, sort_keys=True).encode() + b"\n"

    @classmethod
    def from_json(cls, content: bytes) -> "PublicKeys":
        """Read the file; ConfigurationError when it is not one."""
        try:
            parsed = json.loads(content)
            keys = cls(
                media={
                    name: MediumKeys.from_json(own)
                    for name, own in parsed["media"].items()
                },
                quarantine=parsed["quarantine"],
                ledger=bytes.fromhex(parsed["ledger"]),
                certificate=_optional_key(parsed.get("certificate")),
                enrolment={
                    person: bytes.fromhex(key)
                    for person, key in parsed.get("enrolment", {}).items()
                },
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise _NO_PUBLIC_KEYS.as_error(ConfigurationError) from None
        if parsed.get("version") != PUBLIC_KEYS_VERSION:
            raise _NO_PUBLIC_KEYS.as_error(ConfigurationError)
        return keys


def tag_of(hpke: bytes) -> str:
    """Return how escrows name an HPKE public key."""
    return hashlib.sha256(hpke).hexdigest()[:TAG_DIGITS]


def _optional_key(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)


_NO_PUBLIC_KEYS = Text(
    "公钥文件格式有误：请运行 `custody keys init`",
    "the public keys file is malformed: run `custody keys init`",
)
