"""What tells a postal address by itself: roads and doors, divisions, street words.

Every repetition is bounded, so that a search takes time in proportion to the text.
"""

import re

from custody.domain.divisions import PLACE
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
ADDRESS = (
    f"{HAN}{{2}}{_ROAD}[^，。；,;:@]{{0,24}}?{_DOOR}"
    f"|(?:{PLACE})(?:省|市|自治区|特别行政区)?{HAN}{{0,16}}?{_DISTRICT} ?"
    f"{HAN}{{1,12}}?{_STREETS}"
    f"|{HAN}{{2,4}}市{HAN}{{1,6}}{_DISTRICT}{HAN}{{1,12}}?{_STREETS}"
)
"""A road, district or village with a door soon after it; or divisions and a road."""

_STREET = (
    "(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Ln|Court|Ct|"
    "Terrace|Circle|Cir|Square|Sq|Parkway|Pkwy|Highway|Hwy|Crescent|Gardens|Mews|Blv)"
)
_VAGUE_STREET = "(?:Place|Pl|Way|Close|Grove|Row|Hill|Main|Loop|Trail|Path)"
_AFTER = "(?:[.,;#]|$| [0-9#]| (?:Apt|Suite|Unit|N|S|E|W|NE|NW|SE|SW)(?:[^a-z]|$))"
_WORDS = "(?:[A-Z][A-Za-z.'’-]* )"
LATIN_ADDRESS = (
    "(?:(?:Unit|Flat|Suite|Apt|Room|Rm) [A-Za-z0-9]{1,5},? [0-9]{1,3}/F,"
    "|[0-9]{1,4}(?:-[0-9]{1,4}){1,2},? [A-Z][a-z]+, [A-Z][a-z]+-(?:ku|shi|cho)[ ,]"
    "|(?:(?:Unit|Flat|Suite|Apt|Room|Rm|Floor) [A-Za-z0-9-]+,? )?"
    "(?:[0-9]{1,3}/?F[.]?, ?)?"
    "(?:(?:Building|Block|Tower) [A-Za-z0-9]+,? )?(?:[0-9]{1,3}/?F[.]?, ?)?"
    f"(?:(?:No[.]? ?)?[0-9]{{1,5}}[A-Za-z]?(?:-[0-9]+)?,? "
    "(?:[0-9]{1,3}(?:st|nd|rd|th) )?"
    f"(?:(?:Sec[.]? [0-9], )?{_WORDS}{{0,4}}(?:[A-Z][A-Za-z.'’-]*)? ?{_STREET}"
    "(?:[^A-Za-z]|$)"
    f"|{_WORDS}{{1,4}}{_VAGUE_STREET}{_AFTER}"
    "|(?:rue|avenue|boulevard|place|chemin|allée|quai) [A-Za-zÀ-ÿ' -]{2,40})"
    "|(?:Via|Viale|Piazza|Corso|Calle|Avenida|Av[.]|Rua|Plaza|Paseo) "
    "(?:de |del |della |dei |du )?[A-Z][A-Za-zÀ-ÿ ]{2,30},? "
    "[0-9]{1,5}(?:[^0-9]|$)))"
    "|(?i:P[.]? ?O[.]?) (?i:box) [0-9]{1,6}(?:[^0-9]|$)"
)
_STRASSE = "[Ss]tr[.]|[Ss]traße|[Ss]trasse|[Pp]latz|[Ww]eg|[Aa]llee"
GERMAN_ADDRESS = f"[A-Z][a-zäöüß]+ ?(?:{_STRASSE}) ?[0-9]{{1,4}}"
UK_POSTCODE = "[ ,][A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}$"
LATIN_ADDRESSES = f"^(?:{LATIN_ADDRESS})|^{GERMAN_ADDRESS}|{UK_POSTCODE}"
_ADDRESS = re.compile(f"{ADDRESS}|{LATIN_ADDRESSES}")


def has_address(text: str) -> bool:
    """Return whether a folded value is or holds a postal address with a door."""
    return bool(_ADDRESS.search(text))
