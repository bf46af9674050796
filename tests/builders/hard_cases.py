"""Hard cases of detection, made from what standards and registries fix.

GB 11643, GB 32100, GB 11714, ISO 7812, ISO 13616, ISO 3166, RFC 5321, the numbering
plans, GA 36: each number is drawn, its sum is right, and it is dressed in one of the
forms in which people write it.  Beside them stands what companies count up
themselves.  Nothing is anybody's but by chance.
"""

import datetime as dt
import random
import re
from collections.abc import Callable, Iterator, Sequence

from custody.domain.checksums import (
    is_hong_kong_person_sum,
    is_taiwan_person_sum,
    luhn_check,
    organisation_check,
    resident_id_check,
    uscc_check,
)
from custody.domain.kinds import Kind
from tests.builders.people import digits, old_resident_id

Maker = Callable[[random.Random], str]
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_REGIONS = (
    *("110105", "310115", "320502", "330102", "440305", "441900", "500101", "510107"),
    *("659004", "330113", "512322", "422301", "432321", "362201", "442527", "310225"),
)
"""Divisions of today, of no prefecture, and some that were renamed or merged."""


def _born(rng: random.Random) -> dt.date:
    return dt.date(1930, 1, 1) + dt.timedelta(days=rng.randrange(28_000))


def _resident(rng: random.Random, *regions: str) -> str:
    region = rng.choice(regions or _REGIONS)
    first = f"{region}{_born(rng):%Y%m%d}{rng.randrange(1, 999):03d}"
    return first + resident_id_check(first)


def _taiwan(rng: random.Random) -> str:
    while True:
        made = rng.choice("ABCDEFGHJK") + rng.choice("1289") + digits(rng, 8)
        if is_taiwan_person_sum(made):
            return made


def _hong_kong(rng: random.Random) -> str:
    letters, body = rng.choice(("A", "K", "Z", "WX")), digits(rng, 6)
    checks = (c for c in "0123456789A" if is_hong_kong_person_sum(letters, body, c))
    return f"{letters}{body}({next(checks)})"


def _permanent(rng: random.Random) -> str:
    first = f"911{digits(rng, 3)}{_born(rng):%Y%m%d}{digits(rng, 3)}"
    return first + resident_id_check(first)


def _former_permanent(rng: random.Random) -> str:
    country = rng.choice(("USA", "GBR", "DEU", "JPN", "MYS"))
    return f"{country}3100{_born(rng):%y%m%d}{digits(rng, 2)}"


def _credit(rng: random.Random) -> str:
    body = digits(rng, 8)
    check = organisation_check(body)
    first = f"{rng.choice(('91', '92', '51', '12', '93'))}110105{body}{check}"
    return first + uscc_check(first)


def _organisation(rng: random.Random) -> str:
    body = rng.choice("DL0123456789") + digits(rng, 7)
    return f"{body}-{organisation_check(body)}"


def _card(prefix: str, length: int) -> Maker:
    def make(rng: random.Random) -> str:
        first = prefix + digits(rng, length - len(prefix) - 1)
        return first + luhn_check(first)

    return make


def _iban(rng: random.Random) -> str:
    country, body = rng.choice(
        (("DE", digits(rng, 18)), ("GB", "WEST" + digits(rng, 14)))
    )
    number = "".join(str(int(letter, 36)) for letter in f"{body}{country}00")
    return f"{country}{98 - int(number) % 97:02d}{body}"


def _mobile(rng: random.Random) -> str:
    return rng.choice(("138", "166", "172", "191", "199", "147")) + digits(rng, 8)


def _landline(rng: random.Random) -> str:
    return f"0{rng.choice(('571', '755', '851'))}/{rng.choice('2678')}{digits(rng, 7)}"


def _drawn(*forms: str) -> Maker:
    """Return what fills `#` with digits in one of several forms."""

    def make(rng: random.Random) -> str:
        return re.sub("#", lambda _: digits(rng, 1), rng.choice(forms))

    return make


def _fours(text: str) -> str:
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


_PLAIN = ("{}", "'{}", '"{}"', "{}\t", "\u3000{}\u3000")
_IDS = (*_PLAIN, "身份证号：{}", "证件号码 {}", "公民身份号码：{}", "{}（本人）")
_MADE: Sequence[tuple[Kind, Sequence[Maker], Sequence[str]]] = (
    (
        Kind.RESIDENT_ID,
        (
            _resident,
            old_resident_id,
            *(
                lambda rng, region=region: _resident(rng, region)
                for region in ("810000", "820000", "830000")
            ),
        ),
        _IDS,
    ),
    (
        Kind.RESIDENT_ID,
        (_taiwan, _hong_kong),
        ("{}", "身份證號：{}", "HKID: {}", "身分證字號：{}", "ID: {}"),
    ),
    (
        Kind.TRAVEL_PERMIT,
        (_permanent, _former_permanent, _drawn("H########", "M########01")),
        (*_PLAIN, "外国人永久居留身份证：{}", "永久居留证号 {}", "通行证号码：{}"),
    ),
    (
        Kind.PASSPORT,
        (_drawn("E########", "EB#######", "DE#######", "KJ#######", "MA#######"),),
        (*_PLAIN, "护照号：{}", "Passport No.: {}", "PASSPORT#{}", "持护照 {} 入住"),
    ),
    (
        Kind.PASSPORT,
        (_drawn("M########", "K#######E", "##AA#####", "#########"),),
        ("护照号：{}", "Passport: {}", "護照號碼：{}"),
    ),
    (Kind.USCC, (_credit,), (*_PLAIN, "统一社会信用代码：{}")),
    (Kind.TAXPAYER_ID, (_organisation,), ("{}", "组织机构代码：{}", '"{}"')),
    (
        Kind.BANK_CARD,
        (
            *(_card("64" + n, 16) for n in "4569"),
            *(_card("622848", 19), _card("625955", 16), _card("340", 15)),
            *(_card("2221", 16), _card("3589", 16), _card("4", 16)),
        ),
        (*_PLAIN, "卡号：{}", "银行卡号 {}", "{}（建行）", "尾号{}"),
    ),
    (Kind.IBAN, (_iban,), (*_PLAIN, "IBAN: {}", "收款人IBAN：{}")),
    (
        Kind.PHONE,
        (_mobile, _landline, _drawn("008525#######", "008869########")),
        ("{}", "'{}", "{}\t"),
    ),
    (
        Kind.PHONE,
        (_mobile,),
        ("0086 {}", "（+86）{}", "+(86){}", "微信/手机 {}", "{}、13800138000"),
    ),
    (
        Kind.PLATE,
        (_drawn("京O#####", "沪AD#####", "粤Z·####港", "使###·###", "###·###使"),),
        (*_PLAIN, "车牌号 {}"),
    ),
)
_LISTED: Sequence[tuple[Kind, Sequence[str]]] = (
    (
        Kind.EMAIL,
        (
            *('"Abc@def"@example.com', '"Fred Bloggs"@example.com'),
            *(
                "x@[IPv6:2001:db8::1]",
                "संपर्क@उदाहरण.भारत",
                "x@163。example",
                "a@b.xn--p1ai",
            ),
            *("user+mailbox/department=shipping@example.com", "o’brien@example.ie"),
        ),
    ),
    (
        Kind.BIRTH_DATE,
        (
            *("14 October 1999", "August 21 1996", "D.O.B.: 1990-03-16"),
            *("1959-09-03T00:00:00+08:00", "1990 年 2 月 7 日"),
        ),
    ),
    (
        Kind.ADDRESS,
        (
            *("四川省阿坝藏族羌族自治州九寨沟县样本镇", "澳門新口岸樣本廣場180號"),
            *("18/F, Tower 2, 8 Sample Avenue", "350 5th Ave, New York, NY 10118"),
            *("1-1 Chiyoda, Chiyoda-ku, Tokyo", "Flat A, 12/F, Block 3, Sample Estate"),
        ),
    ),
    (
        Kind.PERSON_NAME,
        (
            *(
                "傅国晓",
                "裘明曦",
                "窦娜",
                "麦悦",
                "舒超琴",
                "濮阳雪",
                "拓跋丽",
                "太叔轩",
            ),
            *("Kim Min-jun", "Nguyen Van An", "CHAN TAI MAN", "SMITH, JOHN"),
            *("Martin Luther King Jr.", "Attn: David Black", "Priya Sharma"),
        ),
    ),
    (Kind.COMPANY_NAME, ("Nokia Oyj", "Volvo AB", "Sample Sdn. Bhd.", "张三餐饮店")),
)
EACH = 20
"""Drawn of each family and form list."""


def hard_positives(rng: random.Random) -> Iterator[tuple[str, Kind]]:
    """Yield values with the one kind that each is; some in full width or in fours."""
    for kind, makers, forms in _MADE:
        for number in range(EACH):
            made = makers[number % len(makers)](rng)
            yield forms[number % len(forms)].format(made), kind
        if "{}" in forms:
            yield makers[0](rng).translate(_WIDE), kind
    for kind in (Kind.BANK_CARD, Kind.IBAN):
        makers = next(made for one, made, _ in _MADE if one is kind)
        yield from ((_fours(makers[0](rng)), kind) for _ in range(EACH))
    for kind, values in _LISTED:
        yield from ((value, kind) for value in values)


HARD_LOOK_ALIKES = (
    *("运单号 033326490721", "发票代码 074221636515", "TRK517886031640"),
    *("舒适", "麦片", "谈判", "迟到", "宗教", "荆州", "兰州", "巩固", "闻名", "仇恨"),
    *("id: 202405011234567890", "order id: AB1234567", "product id: 12345678"),
    *("Park Avenue", "Lee County", "Kim-style", "Oy", "AB", "AB 12", "Le Grand"),
    *("passport renewal 2026", "passport office", "0755.72", "2024/12345678"),
    *("1990 年度报告", "10:30:15", "2026 年 11 月", "3/4", "京OK", "使用123456"),
)
"""What the rules for the hard cases must leave alone."""
