"""The second reader's public-key half: Ed25519, X25519, ML-KEM-768, HPKE.

Pure Python from RFC 8032, RFC 7748, FIPS 203 and RFC 9180; imports nothing of
`custody` and nothing of `cryptography`.  Not constant-time: it opens fixed vectors.
"""

import hashlib
import hmac

from tests.vectors.second_reader import UnreadableError, aes256, gcm_open, prefixed

P = 2**255 - 19

# --- Ed25519 (RFC 8032 section 5.1) -------------------------------------------

_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, P) % P
Point = tuple[int, int]


def _add(left: Point, right: Point) -> Point:
    (x1, y1), (x2, y2) = left, right
    cross = _D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + cross, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - cross, -1, P) % P
    return x, y


def _multiply(point: Point, scalar: int) -> Point:
    result = (0, 1)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _point(encoded: bytes) -> Point:
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    square = (y * y - 1) * pow(_D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P:
        raise UnreadableError
    return (P - x if x & 1 != sign else x), y


_BASE = _point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


def ed25519_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the signature holds."""
    half, scalar = signature[:32], int.from_bytes(signature[32:], "little")
    hashed = hashlib.sha512(half + public + message).digest()
    factor = int.from_bytes(hashed, "little") % _ORDER
    expected = _add(_point(half), _multiply(_point(public), factor))
    return scalar < _ORDER and _multiply(_BASE, scalar) == expected


# --- X25519 (RFC 7748 section 5) ----------------------------------------------


def x25519(scalar: bytes, point: bytes = (9).to_bytes(32, "little")) -> bytes:
    """Return the X25519 function."""
    k = int.from_bytes(scalar, "little") & ~7 & (2**255 - 1) | 2**254
    x1 = int.from_bytes(point, "little") & (2**255 - 1)
    x2, z2, x3, z3 = 1, 0, x1, 1
    for bit in range(254, -1, -1):
        if k >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a, b * b, d * a, c * b
        x3, z3 = (da + cb) ** 2 % P, x1 * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, (aa - bb) * (aa + 121665 * (aa - bb)) % P
        if k >> bit & 1:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, -1, P) % P).to_bytes(32, "little")


# --- ML-KEM-768 (FIPS 203) ----------------------------------------------------

Q, RANK = 3329, 3
Poly = list[int]


def _brv(value: int) -> int:
    return int(f"{value:07b}"[::-1], 2)


_ZETAS = [pow(17, _brv(at), Q) for at in range(128)]
_GAMMAS = [pow(17, 2 * _brv(at) + 1, Q) for at in range(128)]


def _ntt(poly: Poly) -> Poly:
    poly, at, length = list(poly), 1, 128
    while length >= 2:
        for start in range(0, 256, 2 * length):
            for j in range(start, start + length):
                turned = _ZETAS[at] * poly[j + length] % Q
                poly[j], poly[j + length] = (
                    (poly[j] + turned) % Q,
                    (poly[j] - turned) % Q,
                )
            at += 1
        length //= 2
    return poly


def _back(poly: Poly) -> Poly:
    poly, at, length = list(poly), 127, 2
    while length <= 128:
        for start in range(0, 256, 2 * length):
            for j in range(start, start + length):
                low, high = poly[j], poly[j + length]
                poly[j] = (low + high) % Q
                poly[j + length] = _ZETAS[at] * (high - low) % Q
            at -= 1
        length *= 2
    return [value * 3303 % Q for value in poly]


def _times(left: Poly, right: Poly) -> Poly:
    product: Poly = []
    for at, gamma in enumerate(_GAMMAS):
        a, b = left[2 * at : 2 * at + 2]
        c, d = right[2 * at : 2 * at + 2]
        product += [(a * c + b * d * gamma) % Q, (a * d + b * c) % Q]
    return product


def _plus(*polys: Poly) -> Poly:
    return [sum(values) % Q for values in zip(*polys, strict=True)]


def _uniform(seed: bytes) -> Poly:
    stream = hashlib.shake_128(seed).digest(2000)
    poly: Poly = []
    for at in range(0, 1998, 3):
        a, b, c = stream[at : at + 3]
        poly += [value for value in (a + 256 * (b % 16), b // 16 + 16 * c) if value < Q]
    return poly[:256]


def _noise(seed: bytes, count: int) -> Poly:
    stream = int.from_bytes(
        hashlib.shake_256(seed + bytes((count,))).digest(128), "little"
    )
    bits = [stream >> at & 1 for at in range(1024)]
    groups = [bits[at : at + 4] for at in range(0, 1024, 4)]
    return [(a + b - c - d) % Q for a, b, c, d in groups]


def _pack(poly: Poly, bits: int) -> bytes:
    joined = sum(value << bits * at for at, value in enumerate(poly))
    return joined.to_bytes(32 * bits, "little")


def _unpack(packed: bytes, bits: int) -> Poly:
    joined = int.from_bytes(packed, "little")
    return [joined >> bits * at & (1 << bits) - 1 for at in range(256)]


def _compress(poly: Poly, bits: int) -> Poly:
    return [((value << bits) + Q // 2) // Q % (1 << bits) for value in poly]


def _decompress(poly: Poly, bits: int) -> Poly:
    return [(value * Q + (1 << bits - 1)) >> bits for value in poly]


def _matrix(rho: bytes) -> list[list[Poly]]:
    return [
        [_uniform(rho + bytes((column, row))) for column in range(RANK)]
        for row in range(RANK)
    ]


def mlkem_keys(seed: bytes) -> tuple[bytes, list[Poly]]:
    """Return (public key, secret vector) of the 64-byte seed d || z."""
    expanded = hashlib.sha3_512(seed[:32] + bytes((RANK,))).digest()
    rho, sigma = expanded[:32], expanded[32:]
    secret = [_ntt(_noise(sigma, at)) for at in range(RANK)]
    noise = [_ntt(_noise(sigma, RANK + at)) for at in range(RANK)]
    public = [
        _plus(*(_times(row[at], secret[at]) for at in range(RANK)), noise[place])
        for place, row in enumerate(_matrix(rho))
    ]
    return b"".join(_pack(poly, 12) for poly in public) + rho, secret


def _mlkem_encrypt(public: bytes, message: bytes, chance: bytes) -> bytes:
    vector = [_unpack(public[384 * at : 384 * at + 384], 12) for at in range(RANK)]
    matrix = _matrix(public[-32:])
    y = [_ntt(_noise(chance, at)) for at in range(RANK)]
    first = b""
    for column in range(RANK):
        product = _plus(*(_times(matrix[row][column], y[row]) for row in range(RANK)))
        u = _plus(_back(product), _noise(chance, RANK + column))
        first += _pack(_compress(u, 10), 10)
    product = _plus(*(_times(vector[at], y[at]) for at in range(RANK)))
    shown = _decompress(_unpack_bits(message), 1)
    v = _plus(_back(product), _noise(chance, 2 * RANK), shown)
    return first + _pack(_compress(v, 4), 4)


def _unpack_bits(message: bytes) -> Poly:
    return _unpack(message, 1)


def mlkem_decapsulate(seed: bytes, sealed: bytes) -> bytes:
    """Return the shared secret, 32 bytes."""
    public, secret = mlkem_keys(seed)
    first, second = sealed[:960], sealed[960:]
    u = [
        _decompress(_unpack(first[320 * at : 320 * at + 320], 10), 10)
        for at in range(3)
    ]
    v = _decompress(_unpack(second, 4), 4)
    product = _back(_plus(*(_times(secret[at], _ntt(u[at])) for at in range(RANK))))
    difference = [(a - b) % Q for a, b in zip(v, product, strict=True)]
    message = _pack(_compress(difference, 1), 1)
    both = hashlib.sha3_512(message + hashlib.sha3_256(public).digest()).digest()
    if _mlkem_encrypt(public, message, both[32:]) != sealed:
        return hashlib.shake_256(seed[32:] + sealed).digest(32)
    return both[:32]


# --- HPKE base mode (RFC 9180) with the hybrid KEM 0x647a ----------------------

_XWING = bytes.fromhex("5c2e2f2f5e5c")
_SUITE = b"HPKE" + bytes.fromhex("647a00010002")


def _extract(salt: bytes, label: bytes, secret: bytes) -> bytes:
    return hmac.digest(
        salt or bytes(32), b"HPKE-v1" + _SUITE + label + secret, "sha256"
    )


def _expand(secret: bytes, label: bytes, bound: bytes, length: int) -> bytes:
    labelled = length.to_bytes(2, "big") + b"HPKE-v1" + _SUITE + label + bound
    return hmac.digest(secret, labelled + b"\x01", "sha256")[:length]


def hybrid_public(private: bytes) -> bytes:
    """Return ML-KEM-768 public key || X25519 public key of a 32-byte seed."""
    expanded = hashlib.shake_256(private).digest(96)
    return mlkem_keys(expanded[:64])[0] + x25519(expanded[64:])


def hybrid_decapsulate(private: bytes, encapsulated: bytes) -> bytes:
    """Return the shared secret of X-Wing."""
    expanded = hashlib.shake_256(private).digest(96)
    first = mlkem_decapsulate(expanded[:64], encapsulated[:1088])
    theirs, own = encapsulated[1088:], x25519(expanded[64:])
    second = x25519(expanded[64:], theirs)
    return hashlib.sha3_256(first + second + theirs + own + _XWING).digest()


def open_escrow(private: bytes, epoch: str, escrow: bytes) -> bytes:
    """Return the wrapping key of a CE1 escrow."""
    if escrow[:9] != b"CE\x01" + bytes.fromhex("647a00010002"):
        raise UnreadableError
    shared = hybrid_decapsulate(private, escrow[9 : 9 + 1120])
    bound = b"custody/escrow/1" + prefixed(epoch.encode())
    context = (
        b"\0" + _extract(b"", b"psk_id_hash", b"") + _extract(b"", b"info_hash", bound)
    )
    secret = _extract(shared, b"secret", b"")
    key = _expand(secret, b"key", context, 32)
    nonce = _expand(secret, b"base_nonce", context, 12)
    return gcm_open(aes256(key), nonce, escrow[9 + 1120 :], b"")
