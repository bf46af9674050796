"""Addresses of the net, alone or in a text: versions and chapters are none."""

import ipaddress
import re

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
IPV4 = f"(?:{_OCTET}[.]){{3}}{_OCTET}"
IPV4_ALONE = (
    f"(?<![0-9A-Za-z.])(?<![A-Za-z]/){IPV4}"
    "(?![0-9]|[.][0-9A-Za-z]|-[A-Za-z]|(?: ?[节條条章款版]))"
)
QUADS = re.compile(IPV4_ALONE)
_IPV6 = re.compile(
    "(?<![0-9A-Za-z:.])((?:[0-9A-Fa-f]{1,4}:|::)[0-9A-Fa-f:.]{1,40})(?![0-9A-Za-z])"
)
_COUNTED_UP = re.compile(
    "(?i)(?:version|(?<![a-z])(?:ver|v|rev|sec|oid)[.]?|release|build|firmware|section|"
    "chapter|clause|driver|openssl|java|kernel|sdk|api|版本号?|固件|内核|驱动|章节|第|"
    "条款|软件)[ :]{0,2}$"
)
"""What stands before a version or a chapter of four numbers."""

_BEFORE = 20
"""Characters before four numbers that may say what they count."""

_IP = re.compile(
    "([0-9.]{7,15}|[0-9A-Fa-f:.]{3,45})(?:%[A-Za-z0-9.]{1,15})?(?:/[0-9]{1,3})?"
    r"|\[([0-9A-Fa-f:.]{3,45})\](?::[0-9]{1,5})?"
)
_FOURTH = 4
_QUAD = re.compile("[0-9]{1,3}(?:[.][0-9]{1,3}){3}")


def is_host(text: str) -> bool:
    """Return whether a whole text is an address, with its zone, net or port."""
    found = _IP.fullmatch(text)
    if found is None or not any(map(str.isdigit, text)):
        return False
    try:
        address = ipaddress.ip_address(found[1] or found[2])
    except ValueError:
        return False
    return address.version == _FOURTH or not address.is_unspecified


def is_quad(text: str) -> bool:
    """Return whether a whole text is an address of four numbers."""
    return bool(_QUAD.fullmatch(text)) and is_host(text)


def has_host(text: str) -> bool:
    """Return whether a text holds an address."""
    plain = (
        not _COUNTED_UP.search(text[max(0, found.start() - _BEFORE) : found.start()])
        for found in QUADS.finditer(text)
    )
    return any(plain) or any(map(_is_ipv6, _IPV6.findall(text)))


def _is_ipv6(text: str) -> bool:
    if not any(map(str.isdigit, text)):
        return False
    try:
        return not ipaddress.IPv6Address(text.rstrip(".")).is_unspecified
    except ValueError:
        return False
