"""Recovery secrets, bech32 and escrows: one medium's secret opens that medium."""

import io

import pytest

from custody.adapters import age_box
from custody.crypto import bech32, escrow, recovery
from custody.errors import OpenError

SECRET = bytes(range(32))


def test_bech32_reads_and_writes_the_standards_example() -> None:
    """BIP 173's valid string `A12UEL5L` has no content."""
    assert bech32.encode("a", b"") == "a12uel5l"
    assert bech32.decode("a", "A12UEL5L") == b""


@pytest.mark.parametrize("length", range(40))
def test_bech32_gives_back_what_it_took(length: int) -> None:
    content = bytes(range(200, 200 + length))

    assert bech32.decode("age", bech32.encode("age", content)) == content


@pytest.mark.parametrize(
    "text", ["", "1", "a1", "age1", "A12uEL5L", "a12uel5m", "b12uel5l", "a1iuel5l"]
)
def test_bech32_refuses_what_is_not_whole(text: str) -> None:
    with pytest.raises(ValueError, match="mistyped"):
        bech32.decode("a", text)


def test_age_reads_the_identity_and_recipient() -> None:
    own = recovery.derive_identities(SECRET, medium="disk")

    sealed = io.BytesIO()
    age_box.encrypt_stream(io.BytesIO(b"x"), sealed, recipients=[own.age_recipient])

    assert age_box.decrypt(sealed.getvalue(), identity=own.age_identity) == b"x"


def test_each_medium_has_its_own_identities() -> None:
    one = recovery.derive_identities(SECRET, medium="disk")
    two = recovery.derive_identities(SECRET, medium="cloud")

    assert not set(one) & set(two)
    assert repr(one) == "Identities(…)"


def test_a_secret_comes_back_from_its_text_and_a_mistyped_one_does_not() -> None:
    text = recovery.secret_to_text(SECRET)

    assert recovery.secret_from_text(f" {text}\n") == SECRET
    for at in range(len(text)):
        wrong = text[:at] + ("Q" if text[at] != "Q" else "P") + text[at + 1 :]
        with pytest.raises(ValueError, match="mistyped"):
            recovery.secret_from_text(wrong)


def test_a_secret_of_an_unknown_version_or_length_is_refused() -> None:
    with pytest.raises(ValueError, match="version"):
        recovery.secret_from_text(
            bech32.encode(recovery.SECRET_PREFIX, b"\x02" + SECRET)
        )
    with pytest.raises(ValueError, match="32 bytes"):
        recovery.derive_identities(b"short", medium="disk")


def test_an_escrow_opens_for_its_epoch_and_medium_only() -> None:
    own = recovery.derive_identities(SECRET, medium="disk")
    other = recovery.derive_identities(SECRET, medium="cloud")
    key = bytes(range(100, 132))

    sealed = escrow.seal_escrow(own.hpke_public, epoch="live/high/1", key=key)

    assert len(sealed) == escrow.ESCROW_BYTES
    assert key == escrow.open_escrow(
        own.hpke_private, epoch="live/high/1", escrow=sealed
    )
    with pytest.raises(OpenError):
        escrow.open_escrow(own.hpke_private, epoch="live/high/2", escrow=sealed)
    with pytest.raises(OpenError):
        escrow.open_escrow(other.hpke_private, epoch="live/high/1", escrow=sealed)


def test_every_altered_byte_and_length_of_an_escrow_is_refused() -> None:
    own = recovery.derive_identities(SECRET, medium="disk")
    sealed = escrow.seal_escrow(own.hpke_public, epoch="live/high/1", key=bytes(32))
    altered = [
        sealed[:at] + bytes((sealed[at] ^ 1 << at % 8,)) + sealed[at + 1 :]
        for at in range(len(sealed))
    ]
    for wrong in (*altered, b"", sealed[:-1], sealed + b"\0"):
        with pytest.raises(OpenError):
            escrow.open_escrow(own.hpke_private, epoch="live/high/1", escrow=wrong)


def test_keys_of_another_length_are_the_callers_fault() -> None:
    with pytest.raises(ValueError, match="1216"):
        escrow.seal_escrow(b"", epoch="live/high/1", key=bytes(32))
    with pytest.raises(ValueError, match="32 bytes"):
        escrow.public_key_of(b"")


def test_bech32_refuses_a_second_spelling_of_the_same_bytes() -> None:
    """Bits that no byte needs must be zero and must not be more than needed."""
    for symbols in ([1], [31], [0, 1]):
        check = bech32._polymod([*bech32._expand("a"), *symbols, *[0] * 6]) ^ 1
        tail = symbols + [check >> 5 * (5 - place) & 31 for place in range(6)]
        with pytest.raises(ValueError, match="mistyped"):
            bech32.decode("a", "a1" + "".join(bech32._ALPHABET[s] for s in tail))
