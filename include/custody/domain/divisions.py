"""China's divisions: the codes of GB/T 2260, and the names of places.

Prefectures are known by range, those abolished since 1980 with them, for an ID
keeps the code of the place where it was first issued.
"""

_SPANS = {
    "11": "01-02", "12": "01-02", "13": "01-11 20-33", "14": "01-11 20-27",
    "15": "01-09 20-29", "21": "01-14 20-24", "22": "01-08 20-26",
    "23": "01-12 20-27", "31": "01-02", "32": "01-13 20-29", "33": "01-11 20-29",
    "34": "01-18 20-29", "35": "01-09 20-29", "36": "01-11 20-25",
    "37": "01-17 20-31", "41": "01-18 20-29 90-90", "42": "01-13 20-28 90-90",
    "43": "01-13 20-31", "44": "01-20 21-31 51-53", "45": "01-14 20-28",
    "46": "00-04 90-90", "50": "01-03", "51": "01-20 21-37", "52": "01-06 20-28",
    "53": "01-09 20-36", "54": "01-07 20-28", "61": "01-10 20-30",
    "62": "01-12 20-30", "63": "01-02 20-29", "64": "01-05 20-24",
    "65": "01-05 20-43 90-90", "71": "00-02",
}  # fmt: skip


def _codes(spans: str) -> list[str]:
    pairs = (span.split("-") for span in spans.split())
    return [
        f"{number:02d}"
        for first, last in pairs
        for number in range(int(first), int(last) + 1)
    ]


PREFECTURES = frozenset(
    province + code for province, spans in _SPANS.items() for code in _codes(spans)
)
"""The first four digits that a division's code can have."""

PROVINCES = (
    "北京|天津|上海|重庆|重慶|河北|山西|辽宁|遼寧|吉林|黑龙江|黑龍江|江苏|江蘇|浙江|安徽|"
    "福建|江西|山东|山東|河南|湖北|湖南|广东|廣東|海南|四川|贵州|貴州|云南|雲南|陕西|陝西|"
    "甘肃|甘肅|青海|台湾|臺灣|内蒙古|內蒙古|广西|廣西|西藏|宁夏|寧夏|新疆|香港|澳门|澳門"
)
_CITIES = (
    "广州|深圳|杭州|南京|武汉|成都|西安|苏州|郑州|长沙|沈阳|青岛|宁波|东莞|无锡|佛山|合肥|"
    "大连|福州|厦门|哈尔滨|济南|温州|石家庄|泉州|长春|南宁|贵阳|南昌|昆明|太原|兰州|海口|"
    "台北|臺北|新北|桃園|台中|臺中|台南|臺南|高雄|基隆|新竹|嘉義|九龍|九龙|新界"
)
PLACE = f"{PROVINCES}|{_CITIES}"
"""Provinces and well-known cities, in both scripts."""


def is_known_division(code: str) -> bool:
    """Return whether the first four digits are a province's prefecture (GB/T 2260)."""
    return code[:4] in PREFECTURES
