"""What was listed or written must be there: a medium that lies is told by its fault.

`Offsite.read` answers KeyError for what is absent, which is an answer where one only
looks; here it would end a use case in the middle, and the other media with it.
"""

from custody.application.ports import Offsite
from custody.domain.language import Text
from custody.errors import EvidenceError

_GONE = Text("{medium}：{path} 曾在而今不在", "{medium}: {path} was there and is not")


def read_there(medium: Offsite, path: str) -> bytes:
    """Return what a listing or a write told of; EvidenceError when nothing is there."""
    try:
        return medium.read(path)
    except KeyError:
        raise _GONE.as_error(EvidenceError, medium=medium.name, path=path) from None
