"""Masks 脱敏: what is shown of a value to those who may not open it (R30-R31).

Which field has which mask is policy; which level forbids a plain showing is the
caller's matter.  Except by `NONE`, and by `PARTY_NAME` for a legal person (R29),
a mask never contains the whole value, however short the value is.
A masked value is still personal information (PIPL 73): it stays in the
projection and is shown to people only.
"""

import re
from collections.abc import Callable

from custody.domain.fields import Mask

HIDDEN = "***"
"""What is shown when any part of the value would show too much."""

STARS = "****"
_SHOWN_TAIL = 4
_SHORTEST_WITH_TAIL = 8
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9])[0-9]{4}([0-9]{4})")
_NOT_DIGITS = re.compile(r"[^0-9]+")
_SEPARATORS = re.compile(r"[\s().-]+")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_LONG_NUMBER = re.compile(r"[0-9]{6}")
_LONG_LOCAL_PART = 4

# Surnames of two characters 复姓, with their traditional forms.
_COMPOUND_SURNAMES_TEXT = (
    "欧阳 歐陽 司马 司馬 上官 诸葛 諸葛 东方 東方 皇甫 尉迟 尉遲 公孙 公孫 慕容 "
    "令狐 长孙 長孫 宇文 司徒 夏侯 南宫 南宮 独孤 獨孤 端木 东郭 東郭 百里 呼延 "
    "闻人 聞人 澹台 澹臺 公冶 宗政 濮阳 濮陽 淳于 单于 單于 太叔 申屠 公羊 赫连 "
    "赫連 钟离 鍾離 轩辕 軒轅 拓跋 西门 西門 司空 左丘 第五 万俟 萬俟 完颜 完顏 "
    "纳兰 納蘭"
)
COMPOUND_SURNAMES = frozenset(_COMPOUND_SURNAMES_TEXT.split())


def mask(value: str, how: Mask, *, natural_person: bool) -> str:
    """Return what is shown of a value.

    `natural_person` tells `PARTY_NAME` whether the name is a person's.
    A value of asterisks and blanks only has nothing to show and gives `***`.
    """
    if how is Mask.NONE or (how is Mask.PARTY_NAME and not natural_person):
        return value
    text = value.strip()
    shown = _MASKS[how](text) if text else HIDDEN
    return HIDDEN if text in shown else shown


def _surname(text: str) -> str:
    """张* for 张三; 欧阳* for a compound surname; A* for a Latin name (R75)."""
    compound = text[:2] in COMPOUND_SURNAMES and len(text) > len("欧阳")
    return f"{text[:2] if compound else text[0]}*"


def _phone(text: str) -> str:
    """138****1234 for a mainland mobile number, else its last four digits (R31)."""
    mobile = _MOBILE.fullmatch(_SEPARATORS.sub("", text))
    if mobile:
        return f"{mobile[1]}{STARS}{mobile[2]}"
    return _tail(_NOT_DIGITS.sub("", text))


def _email(text: str) -> str:
    """zh*@example.com; a domain that is none or holds a long number is hidden."""
    local, at, domain = text.rpartition("@")
    if not at:
        return HIDDEN
    shown = 2 if len(local) >= _LONG_LOCAL_PART else len(local) // 2
    plain = _DOMAIN.fullmatch(domain) and not _LONG_NUMBER.search(domain)
    return f"{local[:shown]}*@{domain if plain else HIDDEN}"


def _tail(text: str) -> str:
    """****1234; a value under eight letters and digits is hidden."""
    if sum(map(str.isalnum, text)) < _SHORTEST_WITH_TAIL:
        return HIDDEN
    return f"{STARS}{text[-_SHOWN_TAIL:]}"


def _hidden(_text: str) -> str:
    return HIDDEN


_MASKS: dict[Mask, Callable[[str], str]] = {
    Mask.SURNAME: _surname,
    Mask.PARTY_NAME: _surname,
    Mask.PHONE: _phone,
    Mask.EMAIL: _email,
    Mask.TAIL: _tail,
    Mask.HIDDEN: _hidden,
}
