"""Whether what was restored agrees with itself, before anybody is let in (R65, R72)."""

from collections.abc import Mapping

from custody.domain.language import Text, joined
from custody.errors import EvidenceError

_DISAGREES = Text(
    "恢复的内容互不相符：{what}", "what was restored does not agree: {what}"
)
_DIFFERS = {
    "keys": Text("密钥记录与密文的数目", "keys"),
    "openings": Text("打开的值与密文的数目", "openings"),
    "tombstones": Text("保持销毁状态的客户数与台账", "tombstones"),
}


def insist_on(agree: Mapping[str, bool]) -> None:
    """EvidenceError names everything that does not agree."""
    wrong = [text for name, text in _DIFFERS.items() if not agree[name]]
    if wrong:
        raise _DISAGREES.as_error(EvidenceError, what=joined(wrong))
