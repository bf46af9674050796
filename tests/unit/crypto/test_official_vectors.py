"""The inner primitives pass the official vectors, all of them, counted."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from custody.crypto import signing
from custody.crypto import suites as cipher
from custody.crypto.blindindex import hkdf
from custody.errors import OpenError

pytestmark = pytest.mark.shared
Case = dict[str, Any]


def _cases(shared: Path, name: str) -> Iterator[tuple[Case, Case]]:
    path = shared / "data" / "vectors" / "wycheproof" / f"{name}_test.json"
    for group in json.loads(path.read_text("utf-8"))["testGroups"]:
        for case in group["tests"]:
            yield group, case


def _bytes(case: Case, name: str) -> bytes:
    return bytes.fromhex(case[name])


@pytest.mark.parametrize(
    ("name", "suite", "expected"),
    [("aes_gcm", cipher.AES_256_GCM, 197), ("sm4_gcm", cipher.SM4_GCM, 65)],
)
def test_gcm(shared: Path, name: str, suite: int, expected: int) -> None:
    ran = 0
    for group, case in _cases(shared, name):
        if (group["ivSize"], group["tagSize"]) != (96, 128):  # ours are no other
            continue
        key, nonce, aad = (_bytes(case, part) for part in ("key", "iv", "aad"))
        sealed = _bytes(case, "ct") + _bytes(case, "tag")
        if case["result"] == "valid":
            assert (
                cipher.encrypt(
                    suite, key, nonce=nonce, plaintext=_bytes(case, "msg"), aad=aad
                )
                == sealed
            )
            assert cipher.decrypt(
                suite, key, nonce=nonce, ciphertext=sealed, aad=aad
            ) == _bytes(case, "msg")
        else:
            with pytest.raises(OpenError):
                cipher.decrypt(suite, key, nonce=nonce, ciphertext=sealed, aad=aad)
        ran += 1

    assert ran == expected


@pytest.mark.parametrize(
    ("name", "mac", "expected"),
    [
        ("hmac_sha256", cipher.hmac_sha256, 174),
        ("hmac_sm3", cipher.hmac_sm3, 174),
    ],
)
def test_hmac(
    shared: Path, name: str, mac: Callable[[bytes, bytes], bytes], expected: int
) -> None:
    ran = 0
    for group, case in _cases(shared, name):
        computed = mac(_bytes(case, "key"), _bytes(case, "msg"))
        shortened = computed[: group["tagSize"] // 8]
        assert (shortened == _bytes(case, "tag")) == (case["result"] == "valid")
        ran += 1

    assert ran == expected


def test_hkdf(shared: Path) -> None:
    ran = same = 0
    for _, case in _cases(shared, "hkdf_sha256"):
        ran += 1
        if case["result"] != "valid":
            with pytest.raises(ValueError, match="larger than"):
                HKDF(hashes.SHA256(), case["size"], None, b"")
            continue
        salt, info = _bytes(case, "salt"), _bytes(case, "info")
        secret, output = _bytes(case, "ikm"), _bytes(case, "okm")
        derived = HKDF(hashes.SHA256(), case["size"], salt, info).derive(secret)
        assert derived == output
        if not salt and case["size"] <= 32:  # our door: no salt, 32 bytes
            assert hkdf(secret, info)[: case["size"]] == output
            same += 1

    assert ran == 86
    assert same == 7


def test_ed25519(shared: Path) -> None:
    ran = 0
    for group, case in _cases(shared, "ed25519"):
        public = bytes.fromhex(group["publicKey"]["pk"])
        holds = signing.verify_labelled(
            public, _bytes(case, "msg"), _bytes(case, "sig")
        )
        assert holds == (case["result"] == "valid"), case["tcId"]
        ran += 1

    assert ran == 151
