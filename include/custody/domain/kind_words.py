"""What each kind of personal data is called, in Chinese and in English."""

from custody.domain.kinds import Kind
from custody.domain.language import Text

KIND_WORDS: dict[Kind, Text] = {
    Kind.RESIDENT_ID: Text("身份证件号", "identity number"),
    Kind.PASSPORT: Text("护照号", "passport"),
    Kind.TRAVEL_PERMIT: Text("通行证或居留证号", "travel or residence permit"),
    Kind.BANK_CARD: Text("银行卡号", "bank card"),
    Kind.IBAN: Text("国际银行账号", "IBAN"),
    Kind.USCC: Text("统一社会信用代码", "unified social credit code"),
    Kind.TAXPAYER_ID: Text("纳税人或组织机构代码", "taxpayer or organisation code"),
    Kind.PHONE: Text("电话", "phone number"),
    Kind.EMAIL: Text("电子邮箱", "e-mail address"),
    Kind.ADDRESS: Text("地址", "postal address"),
    Kind.PERSON_NAME: Text("人名", "person's name"),
    Kind.COMPANY_NAME: Text("企业或机构名称", "company's name"),
    Kind.BIRTH_DATE: Text("出生日期", "date of birth"),
    Kind.PLATE: Text("车牌号", "licence plate"),
    Kind.IP: Text("IP 地址", "IP address"),
    Kind.CREDENTIAL: Text("密码或密钥", "password or key"),
}
