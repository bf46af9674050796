"""Lines of UTF-8 in a file that is declared to be of an older encoding.

GB 18030, CP950 and the Latin code pages decode nearly everything, so that a file,
or a part pasted into one, of UTF-8 would turn into other characters without an
error.  A line that is UTF-8 from its begin to its end by chance is not to be
feared with four characters of three bytes: in a double-byte encoding the second
would begin in the middle of a character.
"""

import re
from typing import Final

_PLAIN = rb"[\x00-\x09\x0b-\x7f]"
_TWO = rb"[\xc2-\xdf][\x80-\xbf]"
_THREE = rb"[\xe0-\xef][\x80-\xbf]{2}"
_FOUR = rb"[\xf0-\xf4][\x80-\xbf]{3}"
_ANY = rb"(?:" + b"|".join((_PLAIN, _TWO, _THREE, _FOUR)) + rb")*+"


def _line(lead: bytes, wide: bytes, least: int) -> re.Pattern[bytes]:
    repeated = rb"(?:(?:" + lead + rb")*+(?:" + wide + rb")){%d}" % least
    return re.compile(rb"(?m)^" + repeated + _ANY + rb"$")


_BY_ENCODING: Final = {
    **dict.fromkeys(
        ("gb18030", "cp950", "big5hkscs", "shift_jis"),
        _line(_PLAIN + b"|" + _TWO, _THREE, 4),
    ),
    **dict.fromkeys(
        ("cp1252", "iso-8859-1"), _line(_PLAIN, b"|".join((_TWO, _THREE, _FOUR)), 2)
    ),
}


class ForeignLines:
    """Looks through a file's bytes, block by block; whole lines only."""

    def __init__(self, encoding: str) -> None:
        """Take the declared encoding; UTF-8 and UTF-16 have nothing to look for."""
        self._line = _BY_ENCODING.get(encoding)
        self._rest = b""
        self._at = 0  # offset of `_rest` in the file

    def find(self, block: bytes) -> int | None:
        """Return the offset in the file of the first line of UTF-8, if one ended.

        An empty block ends the file.
        """
        if self._line is None:
            return None
        whole = self._rest + block
        cut = whole.rfind(b"\n") + 1 if block else len(whole)
        found = self._line.search(whole[:cut].removesuffix(b"\n")) if cut else None
        at, self._at, self._rest = self._at, self._at + cut, whole[cut:]
        return None if found is None else at + found.start()
