"""A head is read only as it was signed, by a key that is trusted; copied, by shape."""

import base64
import dataclasses

import pytest

from custody.crypto import signing
from custody.domain.ledger import Head, Signer, origin_of
from custody.domain.ledger_check import fingerprint
from custody.domain.ledger_head import read_head, short_head, write_head
from custody.errors import EvidenceError

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
PIN = fingerprint(signing.public_key_of(KEY))


def signer(key: bytes = KEY) -> Signer:
    return Signer(
        origin=origin_of(signing.public_key_of(key)),
        sign=lambda message: signing.sign_labelled(key, message),
    )


HEAD = Head(origin=signer().origin, size=7, hash=bytes(range(32)))


def read(line: bytes, *pins: str) -> Head:
    return read_head(line, verify=signing.verify_labelled, pins=pins or (PIN,))


def signed_over(json: bytes, key: bytes = KEY) -> bytes:
    """Return a line whose signature is right, whatever it says."""
    message = b"custody/head/1 " + json
    return message + b" " + base64.b64encode(signing.sign_labelled(key, message))


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_head_reads_back_as_it_was_written(ending: bytes) -> None:
    assert read(write_head(HEAD, signer()) + ending) == HEAD


def test_the_form_is_that_of_the_documented_format() -> None:
    line = write_head(HEAD, signer()).decode()

    assert line.startswith(
        f'custody/head/1 {{"hash":"{HEAD.hash.hex()}",'
        f'"origin":"{HEAD.origin}","size":7}} '
    )


def test_every_flipped_bit_and_every_truncation_is_refused() -> None:
    line = write_head(HEAD, signer())

    for bit in range(8 * len(line)):
        altered = bytearray(line)
        altered[bit // 8] ^= 1 << bit % 8
        with pytest.raises(EvidenceError):
            read(bytes(altered))
    for length in range(len(line)):
        with pytest.raises(EvidenceError):
            read(line[:length])


def test_a_head_signed_by_a_key_that_is_not_pinned_is_refused() -> None:
    foreign = write_head(
        dataclasses.replace(HEAD, origin=signer(OTHER).origin), signer(OTHER)
    )

    with pytest.raises(EvidenceError, match="trusted"):
        read(foreign)
    with pytest.raises(EvidenceError, match="trusted"):
        read(write_head(HEAD, signer()), "00" * 32)


def test_twin_a_pinned_key_reads_what_the_other_pin_refused() -> None:
    foreign = write_head(
        dataclasses.replace(HEAD, origin=signer(OTHER).origin), signer(OTHER)
    )

    found = read(foreign, fingerprint(signing.public_key_of(OTHER)))

    assert found.size == HEAD.size


def test_a_key_signs_the_head_of_its_own_ledger_only() -> None:
    with pytest.raises(EvidenceError, match="another key"):
        write_head(HEAD, signer(OTHER))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"size":7', '"size":0'),
        lambda text: text.replace('"size":7', '"size":-1'),
        lambda text: text.replace('"size":7', '"size":"7"'),
        lambda text: text.replace('"size":7', '"size":true'),
        lambda text: text.replace('"size":7', '"size":7.0'),
        lambda text: text.replace('"size":7', f'"size":{2**53}'),
        lambda text: text.replace('"size":7', '"size": 7'),
        lambda text: text.replace('"size":7', '"size":7,"x":1'),
        lambda text: text.replace(',"size":7', ""),
        lambda text: text.replace('"hash":"00', '"hash":"'),
        lambda text: text.replace('"hash":"00', '"hash":"0G'),
        lambda text: text.replace("060708090a", "060708090A"),
        lambda text: text.replace('"origin":"ed25519:', '"origin":"rsa:'),
        lambda _: "[]",
        lambda _: "7",
        lambda _: "[" * 2000,
    ],
)  # fmt: skip
def test_a_head_in_another_form_is_refused_though_signed(change: object) -> None:
    json = write_head(HEAD, signer()).split(b" ")[1].decode()
    altered = change(json)  # type: ignore[operator] # a lambda of the list above

    assert altered != json
    with pytest.raises(EvidenceError):
        read(signed_over(altered.encode()))


def test_a_head_copied_by_hand_has_size_and_hash() -> None:
    found = short_head(f"7:{HEAD.hash.hex()}")

    assert found == dataclasses.replace(HEAD, origin=None)


@pytest.mark.parametrize(
    "text",
    ["", "7", f"0:{'0' * 64}", f"-1:{'0' * 64}", f"7:{'0' * 63}", f"7:{'G' * 64}",
     f"07:{'0' * 64}", f"7:{'0' * 64}\n", f" 7:{'0' * 64}", f"٧:{'0' * 64}",
     f"{'9' * 17}:{'0' * 64}", "heads/today.head"],
)  # fmt: skip
def test_anything_else_is_no_head_copied_by_hand(text: str) -> None:
    assert short_head(text) is None
