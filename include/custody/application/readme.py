"""The page in clear beside the sets: how to restore should Custody be gone."""

import datetime as dt
import hashlib

from custody.application.ports import Offsite
from custody.application.there import read_there
from custody.domain.language import Text
from custody.errors import EvidenceError

PAGES = "full/README."
"""How the paths of all pages begin; each goes on with its digest."""
_DIGITS = 16
_OTHERWISE = Text(
    "{medium}：{path} 读回后与所写不符", "{medium}: {path} reads back otherwise"
)


def readme_path(page: bytes) -> str:
    """Return where a page lies: objects are written once, so its digest names it."""
    return f"{PAGES}{hashlib.sha256(page).hexdigest()[:_DIGITS]}.md"


def put_readme(medium: Offsite, page: bytes, *, locked_until: dt.date) -> str:
    """Write the page, or lengthen its lock, and read it back; return its path."""
    path = readme_path(page)
    medium.put(path, page, locked_until=locked_until)
    if read_there(medium, path) != page:
        raise _OTHERWISE.as_error(EvidenceError, medium=medium.name, path=path)
    return path
