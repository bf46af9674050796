"""What a column's heading says of its values; the values themselves win.

A heading can only raise a column's level, and only where the values could be
what it says: an ID damaged by a spreadsheet stays as sensitive as an ID.
"""

import re

from custody.domain.kinds import Kind
from custody.domain.normalising import fold

_WORDS: dict[Kind, tuple[str, ...]] = {
    Kind.RESIDENT_ID: (
        *("身份证", "身份證", "身分证", "身分證", "公民身份", "证件号", "證件號"),
        *("id card", "resident id", "id no", "id number", "identity card", "idcard"),
        *("identity number", "national id", "sfz", "sfzh", "id card no", "citizen id"),
    ),
    Kind.PASSPORT: ("护照", "護照", "passport", "passport no"),
    Kind.TRAVEL_PERMIT: (
        *(
            "通行证",
            "通行證",
            "居留证",
            "居留證",
            "台胞证",
            "臺胞證",
            "回乡证",
            "回鄉證",
        ),
        *("travel permit", "permanent residence", "residence permit"),
    ),
    Kind.BANK_CARD: (
        *(
            "银行卡",
            "銀行卡",
            "卡号",
            "卡號",
            "银行账号",
            "銀行帳號",
            "信用卡",
            "借记卡",
        ),
        *("储蓄卡", "银行帐号", "card number", "card no", "cardnumber", "credit card"),
        *("bank card", "debit card", "pan", "credit card number", "cc number"),
    ),
    Kind.IBAN: ("iban",),
    Kind.CREDENTIAL: (
        *("密码", "密碼", "口令", "安全码", "安全碼", "密保", "校验码", "密钥", "金鑰"),
        *("安全问题答案", "password", "passwd", "pwd", "pin", "cvv", "cvv2", "cvc"),
        *("cvc2", "security answer", "security code", "secret", "token", "api key"),
        *(
            "apikey",
            "access key",
            "secret key",
            "private key",
            "passphrase",
            "passcode",
        ),
        *("password hash", "passwordhash", "secret answer", "access token"),
    ),
    Kind.PHONE: (
        *(
            "手机",
            "手機",
            "电话",
            "電話",
            "传真",
            "傳真",
            "联系方式",
            "聯絡方式",
            "行動電話",
        ),
        *("移动号码", "座机", "固话", "热线", "總機", "phone number", "mobile number"),
        *("phonenumber", "contact number", "msisdn", "cell", "home phone", "phone no"),
        "phone",
        "mobile",
        "telephone",
        "tel",
        "fax",
        "cellphone",
    ),
    Kind.EMAIL: (
        *("邮箱", "郵箱", "信箱", "邮件", "郵件", "电邮", "電郵", "email", "e mail"),
        *("mail", "emailaddress", "email address"),
    ),
    Kind.ADDRESS: (
        *(
            "地址",
            "住址",
            "住所",
            "户籍",
            "戶籍",
            "通讯处",
            "通訊處",
            "住处",
            "address",
        ),
        *("address1", "address2", "addressline1", "street", "street address", "addr"),
        *("addressline", "home address", "mailing address"),
    ),
    Kind.PERSON_NAME: (
        *(
            "姓名",
            "联系人",
            "聯絡人",
            "收件人",
            "收货人",
            "收貨人",
            "法定代表人",
            "法人代表",
        ),
        *("董事长", "董事長", "总经理", "總經理", "发言人", "發言人", "持卡人", "户主"),
        *("经办人", "负责人", "負責人", "开户人", "户名", "contact name", "first name"),
        *(
            "last name",
            "full name",
            "surname",
            "given name",
            "middle name",
            "firstname",
        ),
        *("lastname", "fullname", "person name", "contact person", "family name"),
        *("cardholder", "holder name", "recipient", "contactname", "forename"),
    ),
    Kind.BIRTH_DATE: (
        *("生日", "出生", "birth", "birthday", "birth date", "dob", "birthdate"),
        *("date of birth", "生年月日"),
    ),
    Kind.USCC: (
        *(
            "统一社会信用代码",
            "统一信用代码",
            "信用代码",
            "信用代碼",
            "uscc",
            "credit code",
        ),
        *("social credit code", "unified social credit code", "营业执照号"),
    ),
    Kind.TAXPAYER_ID: (
        *("税号", "稅號", "统一编号", "統一編號", "统编", "統編", "纳税人", "納稅人"),
        *(
            "组织机构代码",
            "機構代碼",
            "税务登记",
            "注册号",
            "工商注册",
            "tax id",
            "vat",
        ),
        *("vat number", "tax number", "taxid", "tin", "ein", "tax no", "taxpayer id"),
    ),
    Kind.PLATE: (
        *("车牌", "車牌", "牌照", "号牌", "plate", "license plate", "plate no"),
        *("plate number", "licence plate"),
    ),
    Kind.IP: ("ip", "ip address", "ip地址", "ipv4", "ipv6", "client ip"),
}
_NAMES_OTHERS = re.compile(
    "会员卡|門禁|门禁|学生卡|公交卡|购物卡|礼品卡|手机(?:品牌|型号|系统)|[话電]费|话费|邮件(?:主题|标题)"
    "|(?:地址|电话|手机|邮箱|密码)(?:类型|数量|个数|状态|标识|是否)|是否"
)
"""Headings in which a word for a kind means something else."""

_OF_A_PERSON = re.compile(
    "(?:职[位务称]|職[位務稱]|头衔|頭銜|部门|部門|(?<![a-z])(?:title|position|role))$"
)
"""How headings end that name a person and tell something else about them."""

_OTHER_DATES = re.compile(
    "成立|上市|注册|註冊|登记|订单|下单|创建|建立|更新|修改|签约|合同|到期|有效|生效|失效|入职|"
    "交易|付款|支付|发货|日期$|(?<![a-z])(?:order|created?|updated?|modified|hire|start|end|"
    "due|ship|purchase|listing|listed|founded|founding|signed|expir[a-z]*|effective|"
    "transaction|invoice|payment|registered|registration|first|last)(?![a-z])"
)
_VERSIONS = re.compile("版本|(?<![a-z])(?:version|release|build|firmware|oid)(?![a-z])")
_NO_PEOPLE = re.compile(
    "城市|省份|地区|國家|国家|产品|產品|商品|品名|品牌|部门|部門|职[位务称]|職[位務稱]|头衔|頭銜|行业|产业|產業|类别|"
    "状态|备注|(?<![a-z])(?:city|country|region|state|product|item|brand|department|title|"
    "category|status|color|colour|city ?name|county|territory|position)(?![a-z])"
)
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
    Kind.IP: re.compile("(?i).*[0-9a-f][.:]"),
    Kind.CREDENTIAL: re.compile("."),
}


def kinds_of_heading(heading: str) -> tuple[Kind, ...]:
    """Return the kinds that a heading names, sorted; ASCII words must be whole."""
    words = _words(heading)
    if _NAMES_OTHERS.search(words):
        return ()
    spaced = f" {words} "
    named = {
        kind
        for kind, names in _WORDS.items()
        if any(
            f" {name} " in spaced if name.isascii() else name in words for name in names
        )
    }
    if _OF_A_PERSON.search(words):
        named.discard(Kind.PERSON_NAME)
    return tuple(sorted(named))


def kinds_denied(heading: str) -> frozenset[Kind]:
    """Return the kinds that a column with this heading surely does not hold.

    Dates of companies and orders are no births, versions no addresses of hosts,
    cities and products no people; only words and plausible dates are denied.
    """
    words, named = _words(heading), kinds_of_heading(heading)
    denied = {
        Kind.BIRTH_DATE: _OTHER_DATES,
        Kind.IP: _VERSIONS,
        Kind.PERSON_NAME: _NO_PEOPLE,
    }
    return frozenset(
        kind
        for kind, pattern in denied.items()
        if kind not in named and pattern.search(words)
    )


def _words(heading: str) -> str:
    """Return a heading in lower case, its words apart."""
    return _BREAKS.sub(" ", _CAMEL.sub(" ", fold(heading)).lower()).strip()


def is_plausible(kind: Kind, value: str) -> bool:
    """Return whether a value could be what its heading says, however damaged."""
    return bool(_PLAUSIBLE[kind].match(value))
