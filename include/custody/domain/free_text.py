"""Personal data hidden in remarks and other free text (R20-R23).

Only what can be told with confidence inside prose is reported: numbers whose
sums are right, and words that a label introduces.
"""

import datetime as dt
import re
from collections.abc import Iterator

from custody.domain.cards import find_card, find_iban
from custody.domain.documents import (
    find_resident_id,
    find_uscc,
    is_passport,
    is_taxpayer_id,
    is_travel_permit,
)
from custody.domain.kinds import Kind
from custody.domain.names import PERSON, WORDS, has_address
from custody.domain.normalising import iso_date
from custody.domain.phones import NANP, e164

EMAIL = (
    "[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}@"
    "[A-Za-z0-9-]+(?:[.][A-Za-z0-9-]+)*[.][A-Za-z]{2,18}"
)
PLATE = (
    "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][· -]?"
    "(?:[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]|[A-HJ-NP-Z0-9]{6})"
)
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
IPV4 = f"(?:{_OCTET}[.]){{3}}{_OCTET}"
_ANSWER_LABEL = "(?:密保|安全)(?:问题)?答案"
HAN_CREDENTIAL_LABEL = f"密码|密碼|口令|安全码|校验码|驗證碼|验证码|{_ANSWER_LABEL}"
_CREDENTIAL_LABEL = (
    f"{HAN_CREDENTIAL_LABEL}|passwords?|passwd|pwd|passcode|pin(?: code)?|cvv2?|cvc2?|"
    "security (?:answer|code)|secret(?: answer)?|api[ _-]?key|"
    "access[ _-]?(?:key|token)|token"
)
CREDENTIAL = (
    f"(?i)(?:^|[^A-Za-z])(?:{_CREDENTIAL_LABEL})"
    "(?:[ ]?[:=：][ ]?|[ ]?(?:是|为|為)[ ]?| is )[^ ，。；]{3,}"
    f"|{_ANSWER_LABEL}[ ]?[:=：][ ]?(?!暂无|没有|未设|未填|不详|忘记)[^ ，。；]{{2}}"
    "|(?:^|[^0-9A-Za-z-])cvv2? [0-9]{3,4}(?![0-9A-Za-z.-])"
    "|AKIA[0-9A-Z]{16}"
    "|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    "|gh[pousr]_[A-Za-z0-9]{30,}"
    "|eyJ[A-Za-z0-9_-]{10,400}[.]eyJ[A-Za-z0-9_-]{10}"
    "|[$]2[aby][$][0-9]{2}[$][./A-Za-z0-9]{53}"
)
PERSON_LABEL = (
    "联系人|聯絡人|姓名|收件人|收货人|收貨人|户名|持卡人|法人|法定代表人|经办人|负责人|"
    "客户名|客户姓名|本人|叫|名叫|找"
)
LABELLED_PERSON = (
    f"(?:{PERSON_LABEL})(?:[ ]?[:：是为]?[ ]?)(?P<labelled>{PERSON})"
    f"|(?P<titled>{PERSON})(?:先生|女士|小姐)"
)
_BIRTH = re.compile(
    "(?i)(?:出生日期|出生年月日?|生日|生于|出生于?|birth ?da(?:te|y)|date of birth|"
    "dob|born(?: on)?)[ :：是为]{0,3}([0-9]{4}[-/.年]?[0-9]{1,2}[-/.月]?[0-9]{1,2})"
)
_DOCUMENT = re.compile(
    "(?i)(护照|護照|passport|通行证|回乡证|台胞证|居留证|travel permit)"
    "(?:号码|号|號碼|no[.]?|number)?[ :：是为#]{0,3}"
    "([A-Za-z]{1,3}[0-9]{7,12}|[0-9]{8,9})"
)
_EMAIL, _PLATE, _CREDENTIAL = map(re.compile, (EMAIL, PLATE, CREDENTIAL))
_IPV4 = re.compile(f"(?<![0-9.]){IPV4}(?![0-9.])")
_LABELLED_PERSON = re.compile(LABELLED_PERSON)
_NANP = re.compile(f"(?<![0-9]){NANP}(?![0-9])")
UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_UUID = re.compile(UUID)
_WORD = re.compile("(?<![0-9A-Za-z])[0-9A-Za-z]{10,34}(?![0-9A-Za-z])")
_NUMBER = re.compile(
    "(?<![0-9A-Za-z])[+]?[0-9](?:[ .-]?[0-9]){9,21}[Xx]?(?![0-9A-Za-z])"
)
_AREA_CODE = re.compile("[(]0[0-9]{2,3}[)] ?[0-9]{7,8}(?![0-9])")
_DECIMAL = re.compile("[0-9]+[.][0-9]+")
_MONEY = re.compile("(?<![0-9A-Za-z.])[0-9]+[.][0-9]{1,2}(?![0-9A-Za-z.])")
_SEPARATORS = re.compile("[ .-]")
_ORGANISATION = re.compile("(?<![0-9A-Z])[0-9A-Z]{8}-[0-9X](?![0-9A-Z])")


def find_in_text(text: str, *, today: dt.date | None = None) -> tuple[Kind, ...]:
    """Return the kinds hidden in a folded text, sorted; empty when none."""
    mail = _EMAIL.search(text)
    kinds = {Kind.EMAIL} if mail else set()
    rest = _UUID.sub(" ", _EMAIL.sub(" ", text) if mail else text)
    kinds.update(_labelled(rest))
    for token in _tokens(rest):
        kinds.update(kinds_of_number(token, today=today))
    return tuple(sorted(kinds))


def kinds_of_number(token: str, *, today: dt.date | None = None) -> Iterator[Kind]:
    """Yield what an upper-case run of letters and digits surely is."""
    if find_resident_id(token, today=today):
        yield Kind.RESIDENT_ID
    elif find_card(token):
        yield Kind.BANK_CARD
    elif find_uscc(token):
        yield Kind.USCC
    elif find_iban(token):
        yield Kind.IBAN
    elif e164(token, "CN"):
        yield Kind.PHONE


def _tokens(text: str) -> Iterator[str]:
    text = _MONEY.sub(" ", text)
    for word in _WORD.findall(text):
        yield word.upper()
    for number in _NUMBER.findall(text):
        if _DECIMAL.fullmatch(number):
            continue
        yield _SEPARATORS.sub("", number).upper()
    for number in _AREA_CODE.findall(text):
        yield re.sub("[() ]", "", number)


def _labelled(text: str) -> Iterator[Kind]:
    if _CREDENTIAL.search(text):
        yield Kind.CREDENTIAL
    if _NANP.search(text):
        yield Kind.PHONE
    if _PLATE.search(text):
        yield Kind.PLATE
    if _IPV4.search(text):
        yield Kind.IP
    if has_address(text):
        yield Kind.ADDRESS
    yield from _labelled_words(text)


def _labelled_words(text: str) -> Iterator[Kind]:
    for person in _LABELLED_PERSON.finditer(text):
        if (person["labelled"] or person["titled"]) not in WORDS:
            yield Kind.PERSON_NAME
    born = _BIRTH.search(text)
    if born and iso_date(born[1]):
        yield Kind.BIRTH_DATE
    document = _DOCUMENT.search(text)
    if document:
        yield _document_kind(document[1].lower(), document[2].upper())
    if any(is_taxpayer_id(c.replace("-", ""), written=c) for c in _organisations(text)):
        yield Kind.TAXPAYER_ID


def _document_kind(label: str, number: str) -> Kind:
    passport = label in ("护照", "護照", "passport")
    if is_travel_permit(number) and not (passport and is_passport(number)):
        return Kind.TRAVEL_PERMIT
    return Kind.PASSPORT if passport else Kind.TRAVEL_PERMIT


def _organisations(text: str) -> list[str]:
    return _ORGANISATION.findall(text)
