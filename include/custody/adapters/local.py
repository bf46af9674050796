"""The machine itself: its clock, its folders, and no core dumps."""

import ctypes
import datetime as dt
import resource
from pathlib import Path
from urllib.parse import unquote, urlsplit

from custody.domain.language import Text
from custody.errors import ConfigurationError

_NOT_SERVED = Text(
    "{setting}：不支持这种位置，请写 file:///目录",
    "{setting}: such a place is not served here; write file:///folder",
)

_PR_SET_DUMPABLE = 4


class SystemClock:
    """The system's time, aware, UTC."""

    def now(self) -> dt.datetime:
        """Return the moment."""
        return dt.datetime.now(dt.UTC)


def folder_of(url: str, setting: str) -> Path:
    """Return the folder of a `file://` URL; ConfigurationError names the setting."""
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        raise _NOT_SERVED.as_error(ConfigurationError, setting=setting)
    return Path(unquote(parts.path))


def forbid_core_dumps() -> None:
    """Let no core file and no debugger of the same user see keys (design section 4).

    What the kernel does not offer is passed by: the limit alone stops core files.
    Programs started from here inherit the limit; whoever starts one may lift it
    for that program, which holds no key.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    libc = ctypes.CDLL(None, use_errno=True)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
