"""What tells a postal address by itself in Chinese: roads and doors, divisions.

Every repetition is bounded, so that a search takes time in proportion to the text.
"""

import re

from custody.domain.divisions import PLACE
from custody.domain.latin_addresses import LATIN_ANYWHERE, LATIN_AT_THE_BEGIN
from custody.domain.names import HAN

_ROAD = (
    "(?:路|街|巷|弄|胡同|大道|道|村|组|組|里|段|镇|鎮|乡|鄉|区|區|县|縣|市|园|園|苑|庄|大厦|"
    "大廈|小区|院|广场|廣場)"
)
_DOOR = (
    "[甲乙丙丁]?[0-9一二三四五六七八九十百]{1,6}[A-Za-z]?(?:之[0-9]{1,4})?"
    "(?:号|號|弄|室|栋|棟|幢|单元|座|楼|樓|层|層|组|組|队|户)"
)
_STREETS = (
    "(?:路|街|大道|村|巷|弄|胡同|小区|小區|大厦|大廈|广场|廣場|花园|花園|公寓|社区|街道|镇|鎮|"
    "乡|鄉|新村|科技园|工业园|开发区)"
)
_DISTRICT = "(?:区|區|县|縣|旗|市|镇|鎮)"
_NO_DIVISION = (
    "[^地社小校园園景城市片辖轄郊牧灾災战戰特选選厂廠库庫本全各该該大某郡\x00-\u33ff]"
)
"""What stands before 区 and 县 where they end a division's name, and no other word."""

_PLACES = "(?:街道|办事处|镇|鎮|乡|鄉|村|社区|小区|小區|花园|花園|新村|大道)"
DOORED = f"{HAN}{{2}}{_ROAD}[^，。；,;:@]{{0,24}}?{_DOOR}"
"""A road, district or village with a door soon after it."""

_DIVIDED = (
    f"(?:{PLACE})(?:省|市|自治区|特别行政区)?{HAN}{{0,16}}?{_DISTRICT} ?"
    f"{HAN}{{1,12}}?{_STREETS}"
    f"|{HAN}{{2,4}}市{HAN}{{1,6}}{_DISTRICT}{HAN}{{1,12}}?{_STREETS}"
)
_COUNTY = (
    f"{HAN}{{1,6}}{_NO_DIVISION}(?:区|區|县|縣|旗){HAN}{{2,8}}{_PLACES}"
    f"|{HAN}{{1,3}}{_NO_DIVISION}市{HAN}{{2,6}}(?:街道|镇|鎮|乡|鄉|村|社区)"
)
ADDRESS = f"{DOORED}|{_DIVIDED}|^(?:{_COUNTY})"
"""A door; or divisions and a road; or a county and what lies in it, at the begin."""

_ANYWHERE = re.compile(f"{DOORED}|{_DIVIDED}|{LATIN_ANYWHERE}")
_AT_THE_BEGIN = re.compile(f"{_COUNTY}|{LATIN_AT_THE_BEGIN}")


def has_address(text: str) -> bool:
    """Return whether a folded value is or holds a postal address with a door."""
    return bool(_AT_THE_BEGIN.match(text) or _ANYWHERE.search(text))
