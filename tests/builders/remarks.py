"""Invented remarks as people type them about customers: most hold nothing.

Chinese, English and both mixed, with dates, amounts, order numbers, versions and
punctuation of either width; about one in five names a person or holds a number.
"""

import datetime as dt
import random
from collections.abc import Callable

from tests.builders import people

HOLDING = 0.2
"""The share of remarks that hold personal data."""

_CHINESE = (
    "客户要求{week}{half}送货，楼下保安代收",
    "已沟通，对方表示月底前付款{percent}%，余款发货后结清。",
    "{date} 回访：满意度 {digit}/10，建议增加夜间客服",
    "订单 SO-{day}-{serial} 退换货，原因：尺寸不符",
    "发票抬头：个人；含税 {amount} 元",
    "VIP，微信联系，勿打扰；偏好顺丰 SF{thirteen}",
    "型号 ABC-{serial} V{digit}.{digit} 报错 E-{three}，工单 #{five}",
    "续费{digit}年（{date} 至 2028-12-31），折扣{percent}%",
    "仓库缺货！！预计{week}补齐，请客户耐心等待…",
    "投诉物流太慢，已补偿优惠券{percent}元，客户接受",
    "合同编号 HT2026{five}，盖章版已寄出",
    "意向强烈，{week}上门演示；竞品报价 {amount}",
)
_ENGLISH = (
    "Called twice, no reply; left a voicemail on {date}.",
    "Prefers delivery after {digit} pm, leave with reception",
    "Ordered {digit}x A4 paper (80 g/m2), {digit} boxes - ref PO 45000{five}",
    "Asked about pricing for Q{quarter} 2026; follow up in {digit} weeks.",
    "Refund of $ {amount} approved, ticket #{five} closed",
    "Wants the v{digit}.{digit}.{digit} upgrade before renewal ({percent}% off)",
    "Complained about late shipment; offered {percent} USD voucher",
    "Not interested any more. Do not contact again before {date}!",
    "Demo went well, budget approx. {amount} EUR, decision by end of month",
    "Router rebooted at {hour}:{minute}, error 0x80{five}, escalated to level 2",
)
_MIXED = (
    "客户已加 WeChat，等 offer；预算 {percent}k RMB 左右",
    "PO {five} delayed，改{week}发 DHL，ETA {date}",
    "需要 API 对接文档 + SDK v{digit}.{digit}，技术负责跟进 (P{digit})",
    "KPI 会议 {hour}:{minute}，带上 Q{quarter} 报表 & 合同草稿",
    "线上 demo OK，CRM 标签=hot，next step：报价单 {amount}",
)
_HOLDING: tuple[tuple[str, Callable[[random.Random], str]], ...] = (
    ("换号了，新手机 {found}，旧号停用", people.mobile),
    ("{week}联系 {found}，先短信", people.mobile),
    ("发票寄到 {found}，收到后付款", people.address),
    ("邮箱改为 {found}，请更新；旧的作废", people.email),
    ("Please send the quote to {found} by {date}", people.email),
    ("身份证 {found} 已核验，资料齐全", people.resident_id),
    ("联系人：{found}，下午在办公室", people.person_name),
    ("退款到卡 {found}，{percent} 元", people.bank_card),
    ("开票信息：税号 {found}，金额 {amount}", people.credit_code),
    ("座机 {found}，{half}打", people.landline),
)


def remark(rng: random.Random) -> str:
    """Return one remark of any kind."""
    if rng.random() < HOLDING:
        return holding(rng)
    return _filled(rng, rng.choice(rng.choice((_CHINESE, _ENGLISH, _MIXED))))


def chinese(rng: random.Random) -> str:
    """Return a Chinese remark without personal data."""
    return _filled(rng, rng.choice(_CHINESE))


def english(rng: random.Random) -> str:
    """Return an English remark without personal data."""
    return _filled(rng, rng.choice(_ENGLISH))


def mixed(rng: random.Random) -> str:
    """Return a remark in both languages, without personal data."""
    return _filled(rng, rng.choice(_MIXED))


def holding(rng: random.Random) -> str:
    """Return a remark with personal data somewhere in it."""
    text, make = rng.choice(_HOLDING)
    return _filled(rng, text.replace("{found}", make(rng)))


def _filled(rng: random.Random, text: str) -> str:
    day = dt.date(2026, 1, 1) + dt.timedelta(days=rng.randrange(365))
    parts = {
        "week": f"周{rng.choice('一二三四五六日')}",
        "half": rng.choice(("上午", "下午", "晚上")),
        "percent": str(rng.randrange(1, 100)),
        "date": str(day),
        "day": f"{day:%Y%m%d}",
        "digit": str(rng.randrange(1, 10)),
        "quarter": str(rng.randrange(1, 5)),
        "three": people.digits(rng, 3),
        "serial": people.digits(rng, 4),
        "five": people.digits(rng, 5),
        "thirteen": people.digits(rng, 13),
        "hour": str(rng.randrange(8, 20)),
        "minute": f"{rng.randrange(60):02d}",
        "amount": f"{rng.randrange(1, 99999):,}.{rng.randrange(100):02d}",
    }
    return text.format(**parts)
