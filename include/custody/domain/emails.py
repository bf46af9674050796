"""E-mail addresses: RFC 5322's usual form, and addresses in other scripts."""

import re

EMAIL = (
    "[A-Za-z0-9_][A-Za-z0-9._%+'-]{0,63}@"
    "[A-Za-z0-9-]+(?:[.][A-Za-z0-9-]+)*[.][A-Za-z]{2,18}"
)
"""The form in ASCII; a pattern for Python and Rust alike."""

MISWRITTEN = "[.][.]|[.]@|@-|-[.]"
"""What makes an address wrong though it has the form."""

NO_ADDRESS = "@[1-9]x[.]|^git@"
"""Pictures of double size and logins of source code servers."""

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
_MISWRITTEN = re.compile(MISWRITTEN)
_NO_ADDRESS = re.compile(NO_ADDRESS)


def find_email(text: str) -> bool | None:
    """Return whether a whole address is well written; None when it is none."""
    text = text.replace("。", ".")  # RFC 3490 takes it for a dot
    whole = (
        _EMAIL.fullmatch(text)
        or _INTERNATIONAL.fullmatch(text)
        or _UNUSUAL.fullmatch(text)
    )
    if not whole and _SPACED.fullmatch(text):
        whole = _EMAIL.fullmatch(text.replace(" ", ""))
    if not whole or _NO_ADDRESS.search(text):
        return None
    return not _MISWRITTEN.search(text)


def find_emails(text: str) -> tuple[bool, str]:
    """Return whether a text holds an address, and the text without the addresses."""
    rest, count = _EMAIL.subn(_blank, text)
    held = bool(count) and rest.count("\x00") > 0
    return held, rest.replace("\x00", " ")


def _blank(found: re.Match[str]) -> str:
    """Return what stands for an address in the rest: a mark when it is one."""
    followed = found.string[found.end() : found.end() + 1] == ":"
    none = _NO_ADDRESS.search(found[0]) and (followed or "@git" not in found[0])
    return " " if none else "\x00"
