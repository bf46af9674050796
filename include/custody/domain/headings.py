"""What a column's heading says of its values; the values themselves win.

A heading can only raise a column's level, and only where the values could be
what it says: an ID damaged by a spreadsheet stays as sensitive as an ID.
"""

import re

from custody.domain.kinds import Kind
from custody.domain.normalising import fold

_WORDS: dict[Kind, tuple[str, ...]] = {
    Kind.RESIDENT_ID: ("身份证", "身份證", "证件号", "id card", "resident id", "id no"),
    Kind.PASSPORT: ("护照", "護照", "passport"),
    Kind.TRAVEL_PERMIT: ("通行证", "居留证", "台胞证", "travel permit"),
    Kind.BANK_CARD: (
        "银行卡",
        "卡号",
        "银行账号",
        "card number",
        "card no",
        "credit card",
        "bank card",
    ),
    Kind.IBAN: ("iban",),
    Kind.CREDENTIAL: (
        "密码",
        "密碼",
        "口令",
        "安全码",
        "密保",
        "password",
        "passwd",
        "pwd",
        "pin",
        "cvv",
        "cvv2",
        "cvc",
        "security answer",
        "secret",
        "token",
    ),
    Kind.PHONE: (
        "手机",
        "手機",
        "电话",
        "電話",
        "传真",
        "傳真",
        "联系方式",
        "phone",
        "mobile",
        "telephone",
        "tel",
        "fax",
        "cellphone",
    ),
    Kind.EMAIL: ("邮箱", "信箱", "邮件", "郵件", "email", "e mail", "mail"),
    Kind.ADDRESS: ("地址", "住址", "address"),
    Kind.PERSON_NAME: (
        "姓名",
        "联系人",
        "聯絡人",
        "收件人",
        "法定代表人",
        "董事长",
        "董事長",
        "总经理",
        "總經理",
        "发言人",
        "發言人",
        "contact name",
        "first name",
        "last name",
        "full name",
        "surname",
    ),
    Kind.BIRTH_DATE: ("生日", "出生", "birth", "birthday", "birth date", "dob"),
    Kind.USCC: ("统一社会信用代码", "信用代码", "uscc", "credit code"),
    Kind.TAXPAYER_ID: ("税号", "统一编号", "統一編號", "纳税人", "tax id", "vat"),
    Kind.PLATE: ("车牌", "車牌", "plate", "license plate"),
    Kind.IP: ("ip", "ip address", "ip地址"),
}
_CAMEL = re.compile("(?<=[a-z0-9])(?=[A-Z])")
_BREAKS = re.compile("[^0-9a-z\u0080-\uffff]+")

_PLAUSIBLE: dict[Kind, re.Pattern[str]] = {
    **dict.fromkeys(
        (Kind.RESIDENT_ID, Kind.BANK_CARD, Kind.PHONE, Kind.IBAN, Kind.USCC),
        re.compile("(?:[^0-9]*[0-9]){5}"),
    ),
    **dict.fromkeys(
        (Kind.PASSPORT, Kind.TRAVEL_PERMIT, Kind.TAXPAYER_ID, Kind.BIRTH_DATE),
        re.compile("(?:[^0-9]*[0-9]){4}"),
    ),
    Kind.EMAIL: re.compile(".*@"),
    Kind.ADDRESS: re.compile(".{5}"),
    Kind.PERSON_NAME: re.compile(".*[A-Za-z\u3400-\u9fff].*[A-Za-z\u3400-\u9fff]"),
    Kind.PLATE: re.compile(".*[0-9]"),
    Kind.IP: re.compile(".*[0-9a-f][.:]"),
    Kind.CREDENTIAL: re.compile("."),
}


def kinds_of_heading(heading: str) -> tuple[Kind, ...]:
    """Return the kinds that a heading names, sorted; ASCII words must be whole."""
    words = _BREAKS.sub(" ", _CAMEL.sub(" ", fold(heading)).lower()).strip()
    spaced = f" {words} "
    return tuple(
        sorted(
            kind
            for kind, names in _WORDS.items()
            if any(
                f" {name} " in spaced if name.isascii() else name in words
                for name in names
            )
        )
    )


def is_plausible(kind: Kind, value: str) -> bool:
    """Return whether a value could be what its heading says, however damaged."""
    return bool(_PLAUSIBLE[kind].match(value))
