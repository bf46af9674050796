"""Invented people and companies for the demo; nothing resembles anybody.

Names say that they are invented, mail domains cannot exist (RFC 2606), card
prefixes belong to no bank; identity numbers are random, with right check digits.
"""

import datetime as dt
import random
import string
from typing import Any

from custody.domain.checksums import (
    USCC_ALPHABET,
    luhn_check,
    organisation_check,
    resident_id_check,
    uscc_check,
)

_PLACES = ("110101", "310104", "330106", "440305", "510107")
_SURNAMES = "王李张刘陈杨赵黄周吴"
_GIVEN = ("示例", "样本", "演示", "虚构", "假名", "测试")
_TRADES = ("科技", "贸易", "食品", "信息技术")
_INDUSTRIES = ("制造-食品", "制造-电子", "零售-电商", "零售-批发", "制造-机械")
_REGIONS = ("华东", "华南", "华北", "西南")
_TYPES = ("新客", "老客", "潜在客")
_STANDINGS = ("战略客户", "普通客户", "潜在客户", "")
_AMOUNTS = ("2600000", "480000", "120000", "38000", "6500", "")
_PREFERENCES = ("线上", "门店", "批发", "定制")


class Inventor:
    """Invents rows of the three channels from one source of chance."""

    def __init__(self, chance: random.Random) -> None:
        """Take the chance; equal chance invents equal rows."""
        self._chance = chance

    def website_row(self, day: dt.date, *, right: bool) -> dict[str, str]:
        """Return one form of the website; `right`: its identity number checks."""
        one_of, person = self._chance.choice, self._chance.random() < 0.7  # noqa: PLR2004 - most
        return {
            "form_id": f"W{self._digits(10)}",
            "name": self._person() if person else self._company(),
            "party": "个人" if person else "企业",
            "phone": self._mobile(),
            "email": self._email(),
            "id_number": self._resident_id(right=right) if person else "",
            "address": self._address(),
            "industry": "" if person else one_of(_INDUSTRIES),
            "customer_type": one_of(_TYPES),
            "standing": one_of(_STANDINGS),
            "purchases": one_of(_AMOUNTS),
            "preference": one_of(_PREFERENCES),
            "region": one_of(_REGIONS),
            "remark": "",
            "consent_time": f"{day.isoformat()}T09:00:00+08:00",
            "collected_at": f"{day.isoformat()}T09:00:00+08:00",
        }

    def bank_row(self) -> dict[str, str]:
        """Return one customer of the partner bank."""
        one_of, person = self._chance.choice, self._chance.random() < 0.5  # noqa: PLR2004 - half
        return {
            "customer_id": f"B{self._digits(9)}",
            "full_name": self._person() if person else self._company(),
            "party": "natural" if person else "legal",
            "resident_id": self._resident_id(right=True) if person else "",
            "credit_code": "" if person else self._credit_code(),
            "contact": "" if person else self._person(),
            "mobile": self._mobile(),
            "email": self._email(),
            "address": self._address(),
            "card": self._card() if person else "",
            "credit_report": f"CR{self._digits(8)}" if person else "",
            "industry": "" if person else one_of(_INDUSTRIES),
            "customer_type": one_of(_TYPES),
            "standing": one_of(_STANDINGS),
            "yearly_amount": one_of(_AMOUNTS),
            "branch": self._digits(4),
        }

    def form_row(self, *, reachable: bool) -> dict[str, Any]:
        """Return one company's form; not `reachable`: no phone, mail or address."""
        one_of = self._chance.choice
        return {
            "客户全称": self._company(),
            "统一社会信用代码": self._credit_code(),
            "联系人": self._person(),
            "联系电话": self._mobile() if reachable else None,
            "电子邮箱": self._email() if reachable else None,
            "联系地址": self._address() if reachable else None,
            "所属行业": one_of(_INDUSTRIES),
            "客户类型": one_of(_TYPES),
            "客户地位": one_of(_STANDINGS),
            "年消费额": one_of(_AMOUNTS),
            "区域": one_of(_REGIONS),
            "购买偏好": one_of(_PREFERENCES),
            "责任人": "客户经理-王*",
            "备注": None,
        }

    def _digits(self, count: int) -> str:
        return "".join(self._chance.choices(string.digits, k=count))

    def _person(self) -> str:
        return self._chance.choice(_SURNAMES) + self._chance.choice(_GIVEN)

    def _company(self) -> str:
        made_up = "".join(self._chance.choices("云海山川星辰远方嘉禾", k=6))
        return f"虚构{made_up}{self._chance.choice(_TRADES)}有限公司"

    def _mobile(self) -> str:
        return f"199{self._digits(8)}"

    def _email(self) -> str:
        return f"demo{self._digits(7)}@example.com"

    def _address(self) -> str:
        return f"上海市示例区虚构路{self._chance.randrange(1, 900)}号"

    def _card(self) -> str:
        first = f"629999{self._digits(12)}"
        return first + luhn_check(first)

    def _resident_id(self, *, right: bool) -> str:
        born = dt.date(1960, 1, 1) + dt.timedelta(days=self._chance.randrange(14_000))
        first = f"{self._chance.choice(_PLACES)}{born:%Y%m%d}{self._digits(3)}"
        check = resident_id_check(first)
        return first + (check if right else "0123456789X"["123456789X0".index(check)])

    def _credit_code(self) -> str:
        code = "MA" + "".join(self._chance.choices(USCC_ALPHABET, k=6))
        first = f"91{self._chance.choice(_PLACES)}{code}{organisation_check(code)}"
        if first[-1] not in USCC_ALPHABET:
            return self._credit_code()
        return first + uscc_check(first)
