"""Personal data hidden in remarks and other free text (R20-R23).

Only what can be told with confidence inside prose is reported: numbers whose
sums are right, and words that a label introduces.  A text is searched in several
ways, one after the other; `columns.prose` leaves out those that cannot hit.
"""

import datetime as dt
import enum
import re
from collections.abc import Callable, Collection, Iterable, Iterator

from custody.domain.addresses import has_address
from custody.domain.cards import find_card, find_iban
from custody.domain.credentials import has_card_secret, has_credential, without_logins
from custody.domain.documents import find_resident_id, find_uscc, is_taxpayer_id
from custody.domain.emails import find_emails
from custody.domain.hosts import QUADS, has_host
from custody.domain.kinds import Kind
from custody.domain.labelled import find_labelled
from custody.domain.mrz import find_mrz
from custody.domain.names import PERSON, WORDS, is_labelled_name
from custody.domain.phones import NANP, e164
from custody.domain.written_dates import has_birth

_PROVINCE_LETTER = (
    "[京津沪滬渝冀豫云雲辽遼黑湘皖鲁魯新苏蘇浙"
    "赣贛鄂桂甘晋晉蒙陕陝吉闽閩贵貴粤粵青藏川宁寧琼瓊]"
)
PLATE = (
    f"(?:{_PROVINCE_LETTER} ?[A-HJ-Za-hj-z][· •.-]{{0,3}}"
    "(?:[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂掛学學警港澳领領]|[A-HJ-NP-Z0-9]{6})"
    f"|使[0-9]{{3}}·?[0-9]{{3}}|[0-9]{{3}}·?[0-9]{{3}}使"
    f"|{_PROVINCE_LETTER}·?[XS]·?[0-9]{{4}}应急"
    f"|WJ ?{_PROVINCE_LETTER}?[· -]?[0-9]{{4}}[0-9A-Z])"
)
PERSON_LABEL = (
    "联系人|聯絡人|姓名|收件人|收货人|收貨人|户名|持卡人|法人|法定代表人|经办人|负责人|"
    "客户名|客户姓名|本人|叫|名叫|找"
)
LABELLED_PERSON = (
    f"(?:{PERSON_LABEL})(?:[ ]?[:：是为]?[ ]?)(?P<labelled>{PERSON})"
    f"|(?P<titled>{PERSON})(?:先生|女士|小姐)"
)
PLATED = f"(?<![0-9A-Z]){PLATE}(?![0-9A-Z])"
_PLATE = re.compile(PLATED)
_LABELLED_PERSON = re.compile(LABELLED_PERSON)
LATIN_LABEL = (
    "(?i)(?:full |customer |contact )?(?:name|contact|attn|attention|recipient)[.]?"
    " ?[:=] ?"
)
"""What introduces a name at the begin of a text."""

_LATIN_LABEL = re.compile(LATIN_LABEL)
_NANP = re.compile(f"(?<![0-9]){NANP}(?![0-9])")
UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_DOTS = 3
_UUID = re.compile(UUID)
_WORD = re.compile("(?<![0-9A-Za-z])[0-9A-Za-z]{10,34}(?![0-9A-Za-z])")
_NUMBER = re.compile(
    "(?<![0-9A-Za-z])[+]?[0-9](?:[ .-]?[0-9]){9,21}[Xx]?(?![0-9A-Za-z])"
)
_IN_FOURS = re.compile(
    "(?<![0-9A-Za-z])[3-6][0-9]{3}(?:(?: [0-9]{4}){3}|(?:-[0-9]{4}){3})(?![0-9A-Za-z])"
)
"""A card as it is embossed, whatever number follows it."""

_AREA_CODE = re.compile("[(]0[0-9]{2,3}[)] ?[0-9]{7,8}(?![0-9])")
_DECIMAL = re.compile("[0-9]+[.][0-9]+")
_MONEY = re.compile("(?<![0-9A-Za-z.])[0-9]+[.][0-9]{1,9}(?![0-9A-Za-z.])")
_OWN_NUMBER = re.compile(
    "(?:单号|單號|发票代码|发票号码?|流水号|批次号?|序列号|合同编号)[:： ]{0,2}"
    "0[0-9]{9,11}(?![0-9])"
)
"""What a company counts up, by its label; its zero makes it no area code."""

_SEPARATORS = re.compile("[ .-]")
WRITTEN_ORGANISATION = "[0-9A-Z]{8}-[0-9X]"
_ORGANISATION = re.compile(f"(?<![0-9A-Z]){WRITTEN_ORGANISATION}(?![0-9A-Z])")

Found = Iterable[tuple[Kind, bool | None]]


class Search(enum.Enum):
    """One way in which a text is searched."""

    CREDENTIAL = enum.auto()
    EMAIL = enum.auto()
    LABELLED = enum.auto()
    NATIONAL_PHONE = enum.auto()
    PLATE = enum.auto()
    HOST = enum.auto()
    ADDRESS = enum.auto()
    BIRTH = enum.auto()
    ORGANISATION = enum.auto()
    PERSON = enum.auto()
    MACHINE_READ = enum.auto()
    NUMBER = enum.auto()


EVERY_SEARCH = frozenset(Search)


def find_in_text(text: str, *, today: dt.date | None = None) -> tuple[Kind, ...]:
    """Return the kinds hidden in a folded text, sorted; empty when none."""
    return tuple(sorted(findings_in_text(text, today=today)))


def findings_in_text(
    text: str,
    *,
    today: dt.date | None = None,
    searches: Collection[Search] = EVERY_SEARCH,
) -> dict[Kind, bool | None]:
    """Return the kinds hidden in a folded text, and whether their check holds.

    `searches` that are left out must be known to find nothing.
    """
    kinds: dict[Kind, bool | None] = {}
    if Search.CREDENTIAL in searches and has_credential(text):
        kinds[Kind.CREDENTIAL] = None
    rest = text
    if Search.EMAIL in searches:
        held, rest = find_emails(without_logins(text) if "://" in text else text)
        if held:
            kinds[Kind.EMAIL] = True
    rest = _UUID.sub(" ", rest)
    for search, find in _SEARCHES:
        if search in searches:
            kinds.update(find(rest, today))
    if kinds.get(Kind.BANK_CARD) and has_card_secret(rest):
        kinds[Kind.CREDENTIAL] = None
    return kinds


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
    text = _OWN_NUMBER.sub(" ", _MONEY.sub(" ", text))
    text = QUADS.sub(" ", text) if text.count(".") >= _DOTS else text
    for word in _WORD.findall(text):
        yield word.upper()
    for number in _NUMBER.findall(text):
        if _DECIMAL.fullmatch(number):
            continue
        yield _SEPARATORS.sub("", number).upper()
    for number in _IN_FOURS.findall(text):
        yield _SEPARATORS.sub("", number)
    for number in _AREA_CODE.findall(text):
        yield re.sub("[() ]", "", number)


def _numbers(text: str, today: dt.date | None) -> Found:
    for token in _tokens(text):
        for kind in kinds_of_number(token, today=today):
            yield kind, True


def _machine_read(text: str, _today: dt.date | None) -> Found:
    found, valid = find_mrz(text)
    if found:
        yield Kind.PASSPORT, valid


def _organisations(text: str, _today: dt.date | None) -> Found:
    codes = _ORGANISATION.findall(text)
    if any(is_taxpayer_id(code.replace("-", ""), written=code) for code in codes):
        yield Kind.TAXPAYER_ID, True


def _where(
    kind: Kind, holds: Callable[[str], object], *, valid: bool | None = None
) -> "_Find":
    """Return a search that yields one kind where a text holds it."""

    def find(text: str, _today: dt.date | None) -> Found:
        return ((kind, valid),) if holds(text) else ()

    return find


def _births(text: str, today: dt.date | None) -> Found:
    if has_birth(text, today=today):
        yield Kind.BIRTH_DATE, None


def _names_person(text: str) -> bool:
    if any(
        (person["labelled"] or person["titled"]) not in WORDS
        for person in _LABELLED_PERSON.finditer(text)
    ):
        return True
    label = _LATIN_LABEL.match(text)
    return bool(label and is_labelled_name(text[label.end() :].strip()))


_Find = Callable[[str, dt.date | None], Found]
_SEARCHES: tuple[tuple[Search, _Find], ...] = (
    (Search.LABELLED, lambda text, _today: find_labelled(text)),
    (Search.NATIONAL_PHONE, _where(Kind.PHONE, _NANP.search, valid=True)),
    (Search.PLATE, _where(Kind.PLATE, _PLATE.search)),
    (Search.HOST, _where(Kind.IP, has_host, valid=True)),
    (Search.ADDRESS, _where(Kind.ADDRESS, has_address)),
    (Search.BIRTH, _births),
    (Search.ORGANISATION, _organisations),
    (Search.PERSON, _where(Kind.PERSON_NAME, _names_person)),
    (Search.MACHINE_READ, _machine_read),
    (Search.NUMBER, _numbers),
)
"""In this order: what is found later overrules how a check held before."""
