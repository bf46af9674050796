"""What tells the name of a company or an institution by itself (R9, R23)."""

import re

from custody.domain.addresses import DOORED
from custody.domain.divisions import PLACE
from custody.domain.family_names import FAMILY
from custody.domain.given_names import one_of
from custody.domain.names import HAN

_APART = "，。；、？！,;?!:"
_SUFFIX = (
    "有限公司|有限责任公司|有限責任公司|集团|集團|公司|工厂|工廠|合作社|株式会社|工作室|"
    "事务所|事務所|商行|贸易行|经营部|商贸行|银行|銀行|医院|醫院|大学|大學|研究院|研究所|"
    "企业|企業|厂|商店|百货|超市|协会|基金会|出版社|有限合伙|学院|中学|小学|药店|诊所|"
    "餐饮店|饭店|便利店|服务部|门市部|维修部|宾馆|旅馆"
)
_BRANCH = f"[^{_APART}]{{1,12}}(?:分公司|支行|分行|分店|营业部|门店)"
COMPANY = (
    f"[^{_APART}]*{HAN}{{2}}[^{_APART}]*(?:{_SUFFIX})(?:[(][^()]{{2,12}}[)])?"
    f"(?:{_BRANCH})?|(?:{PLACE}){HAN}{{3,20}}中心"
)
UNNAMED = (
    "^(?:我|本|该|贵|分|子|母|总|各|某|全|集团|有限|责任|股份|上市|控股|外资|合资|国有|民营|"
    "私营|中小|小微|保险|物流|快递|科技|贸易|制|上级|高新技术|龙头|大型|重点|家|一家|"
    "商业|综合|专科|三甲|化工|加工)*"
    "(?:公司|集团|集團|企业|企業|工厂|工廠|银行|銀行|医院|醫院|大学|大學|厂|超市|协会|"
    "中学|小学|学院|商店|百货|药店|诊所|工作室|事务所|研究所|研究院|基金会)$"
)
"""A kind of company and no company's name."""

_FORMS = (
    "(?i:Co[.]?,? ?Ltd|Ltd|Inc|LLC|L[.]L[.]C|LLP|L[.]P|Corp|Incorporated|GmbH|PLC|"
    "Pty(?: Ltd)?|P[.] ?C|P[.]A|limited partnership|s[.]?r[.]?o|sp[.] ?z ?o[.]? ?o|"
    "sp[oó][lł]ka z o[.]? ?o|KGaA|Sdn[.]? Bhd|S[.] ?A[.] ?R[.] ?L|"
    "S[.] ?A[.] ?S|S[.] ?r[.] ?l|S[.] ?p[.] ?A|B[.] ?V|N[.] ?V|e[.] ?[GVK][.])|"
    "Limited|Corporation|Company|AG|KG|OHG(?: mbH)?|SE|"
    "(?:GmbH|AG|Stiftung|SE|UG) & Co[.]? (?:KG|KGaA|OHG)|Stiftung & Co[.]|"
    "S[.]A|SA|SARL|SAS|SASU|EURL|SCI|S[.]L|S[.]L[.]U|SpA|BV|NV|UG|mbH|eG|"
    "A/S|ApS|Oyj?|Ab|ASA|AB|AS|Co|Holdings?|& Sons|et Fils"
)
LATIN_COMPANY = (
    "[A-Za-z0-9\u00c0-\u017f&][A-Za-z0-9\u00c0-\u024f&.,'’() -]*"
    f"[ ,](?:{_FORMS})(?: (?:{_FORMS}))?[.]?"
    "(?: (?:dba|d/b/a|t/a) [A-Za-z0-9&.,'’ -]{2,40})?"
    "|[A-Za-z0-9&.,' -]{2,40} (?:LIMITED|CORPORATION|COMPANY)"
    f"|(?:{one_of(FAMILY.split())}(?:[ -]|, | and | & )){{1,3}}"
    "(?:Group|Partners|Associates|Brothers)"
    '|(?:Oy|ОАО|ООО|ЗАО|ПАО|АО|ИП) [«"]?[A-ZÀ-ÞА-Я]'
    '[A-Za-zÀ-ž\u0400-\u04ff «»"&.-]{2,60}'
)
"""What ends, or in the north and east of Europe begins, with a company's form."""

LONGEST_COMPANY = 80
_COMPANY = re.compile(f"{COMPANY}|{LATIN_COMPANY}")
_UNNAMED = re.compile(UNNAMED)
_DOORED = re.compile(DOORED)


def is_company_name(text: str) -> bool:
    """Return whether a whole folded value is named like a company or institution."""
    return (
        len(text) <= LONGEST_COMPANY
        and bool(_COMPANY.fullmatch(text))
        and not _UNNAMED.search(text)
        and not _DOORED.search(text)
    )
