"""E-mail addresses: RFC 5322's usual form, and addresses in other scripts."""

import ipaddress
import re

EMAIL = (
    "[A-Za-z0-9_][A-Za-z0-9._%+'-]{0,63}@"
    "[A-Za-z0-9-]{1,63}(?:[.][A-Za-z0-9-]{1,63})*[.][A-Za-z]{2,18}"
)
"""The form in ASCII; a pattern for Python and Rust alike."""

MISWRITTEN = "[.][.]|[.]@|@[._-]|-[.]|@[^@]*[.]-|^[.]"
"""What makes an address wrong though it has the form."""

NO_ADDRESS = "@[1-9]x[.]|^git@|[*]{2}[^@]*@"
"""Pictures of double size, logins of source code servers, and masked addresses."""

_EMAIL = re.compile(EMAIL)
_MARKS = "\u0900-\u0e7f"  # vowel signs of India and Thailand are no letters to `re`
_INTERNATIONAL = re.compile(
    rf"[\w{_MARKS}.%+'’-]{{1,64}}@(?:[\w{_MARKS}-]{{1,63}}[.]){{1,5}}"
    rf"(?:[^\W\d_][^\W\d_{_MARKS}]{{1,17}}|[{_MARKS}]{{2,18}}|xn--[A-Za-z0-9-]{{2,59}})"
)
_UNUSUAL = re.compile(  # what RFC 5322 lets be, and hardly anybody writes
    r"""(?:[\w!#$%&'*+/=?^`{|}~.-]{1,64}|"?(?:[^"\\]|\\.){1,62}")"""
    r"@(?:[\w-]{1,63}[.]){1,5}[^\W\d_]{2,18}"
    r"|[\w.%+'-]{1,64}@\[(?:[0-9]{1,3}(?:[.][0-9]{1,3}){3}|IPv6:[0-9A-Fa-f:.]{2,45})\]"
)
_SPACED = re.compile("[A-Za-z0-9._%+-]{1,64} ?@ ?[A-Za-z0-9.-]{1,200}[.][A-Za-z]{2,18}")
_BRACKETED = re.compile("<([^<>@]{1,200}@[^<>@]{3,200})>")
_QUOTED = re.compile(r'^"?(?:[^"\\]|\\.)*"(?=@)')
_LITERAL = re.compile(r"@\[(?:IPv6:)?([^\]]*)\]$")
_LIKE = re.compile("[\\w.!#$%&'*+?^`{|}~\"-]+@[\\w.-]+")
_MISWRITTEN = re.compile(MISWRITTEN)
_NO_ADDRESS = re.compile(NO_ADDRESS)


def find_email(text: str) -> bool | None:
    """Return whether a whole address is well written; None when it is none.

    What is written like one address, and holds one only in a part of it, is a
    mistyped address.
    """
    text = text.replace("。", ".")  # RFC 3490 takes it for a dot
    bracketed = _BRACKETED.fullmatch(text)
    text = bracketed[1].strip(" ") if bracketed else text
    text = text.removesuffix(".")  # a sentence's
    if not _is_whole(text) and _SPACED.fullmatch(text):
        text = text.replace(" ", "")
    if _NO_ADDRESS.search(text):
        return None
    if _is_whole(text):
        return not _MISWRITTEN.search(_QUOTED.sub("q", text)) and _is_host(text)
    return False if _LIKE.fullmatch(text) and _EMAIL.search(text) else None


def _is_whole(text: str) -> bool:
    return any(form.fullmatch(text) for form in (_EMAIL, _INTERNATIONAL, _UNUSUAL))


def _is_host(text: str) -> bool:
    """Return whether a domain that is an address of the net is one."""
    literal = _LITERAL.search(text)
    if literal is None:
        return True
    try:
        ipaddress.ip_address(literal[1])
    except ValueError:
        return False
    return True


def find_emails(text: str) -> tuple[bool, str]:
    """Return whether a text holds an address, and the text without the addresses."""
    rest, count = _EMAIL.subn(_blank, text)
    held = bool(count) and rest.count("\x00") > 0
    named = (find_email(one) is not None for one in _BRACKETED.findall(text))
    return held or any(named), rest.replace("\x00", " ")


def _blank(found: re.Match[str]) -> str:
    """Return what stands for an address in the rest: a mark when it is one."""
    followed = found.string[found.end() : found.end() + 1] == ":"
    none = _NO_ADDRESS.search(found[0]) and (followed or "@git" not in found[0])
    return " " if none else "\x00"
