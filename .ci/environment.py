"""Make the virtual environment that every target of the Makefile uses.

Needs nothing but a Python between 3.11 and 3.14 with `venv`.
Everything installed is named with its hash in `requirements.lock`; `uv`, itself
from the lock, does the installing because it is several times faster, and pip
takes over when uv cannot.
Whatever pip has been told about indexes, mirrors and certificates is passed on.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
LOCK = ROOT / "requirements.lock"
STAMP = ENVIRONMENT / "custody.stamp"
OLDEST, NEWEST = (3, 11), (3, 14)

# pip's option -> uv's variable.
UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "cert": "SSL_CERT_FILE",
}
# Where pip looks, weakest first.
SECTIONS = ("global", "install", ":env:")


def settings_for_uv(listing: str) -> dict[str, str]:
    """Translate the output of `pip config list` into variables that uv reads."""
    found: dict[tuple[str, str], str] = {}
    for line in listing.splitlines():
        match = re.fullmatch(r"(global|install|:env:)\.([a-z-]+)='(.*)'", line.strip())
        if match:
            section, option, value = match.groups()
            found[section, option] = " ".join(value.replace("\\n", " ").split())
    return {
        UV_NAMES[option]: _as_uv_writes_it(option, found[section, option])
        for section in SECTIONS
        for option in UV_NAMES
        if found.get((section, option))
    }


def _as_uv_writes_it(option: str, value: str) -> str:
    """Return the value in uv's spelling: find-links are parted by commas."""
    return value.replace(" ", ",") if option == "find-links" else value


def fingerprint() -> str:
    """Return a digest of all that decides what the environment holds."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    parts = (
        sys.version.encode(),
        str(ROOT).encode(),
        repr(project).encode(),
        LOCK.read_bytes(),
        Path(__file__).read_bytes(),
    )
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def is_warm() -> bool:
    """Tell whether the environment is there and made from today's lock."""
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == fingerprint()


def make() -> None:
    """Bring the environment to what the lock says and leave the stamp last."""
    STAMP.unlink(missing_ok=True)
    if not _is_usable():
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        venv.EnvBuilder(with_pip=True, symlinks=True).create(ENVIRONMENT)
    if not _install_with_uv():
        print("uv cannot install here; pip does, which takes longer", flush=True)
        _run("-m", "pip", "install", "-q", "--require-hashes", "-r", str(LOCK))
    editable = ("--no-deps", "--no-build-isolation", "-e", str(ROOT))
    _run("-m", "pip", "install", "-q", *editable)
    STAMP.write_text(fingerprint())


def _is_usable() -> bool:
    """Tell whether an environment of this very Python, with pip, is there."""
    try:
        _output("-m", "pip", "--version")
        version = _output("-c", "import sys; print(sys.version, end='')")
    except (OSError, subprocess.CalledProcessError):
        return False
    return version == sys.version


def _install_with_uv() -> bool:
    """Install uv by pip and the whole lock by uv; tell whether that worked."""
    block = re.search(r"^uv==.*?(?=^\S|\Z)", LOCK.read_text(), re.DOTALL | re.MULTILINE)
    if block is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        only_uv = Path(folder) / "uv.txt"
        only_uv.write_text(block.group())
        try:
            _run("-m", "pip", "install", "-q", "--require-hashes", "-r", str(only_uv))
        except subprocess.CalledProcessError:
            return False
    listing = _output("-m", "pip", "config", "list")
    # A hash decides what is installed, so every index may be asked for it.
    command = ("-m", "uv", "pip", "install", "--quiet", "--require-hashes")
    options = ("--compile-bytecode", "--index-strategy", "unsafe-best-match")
    python = ("--python", str(PYTHON), "-r", str(LOCK))
    try:
        _run(*command, *options, *python, extra=settings_for_uv(listing))
    except subprocess.CalledProcessError:
        return False
    return True


def _run(*arguments: str, extra: Mapping[str, str] | None = None) -> None:
    """Run the environment's Python; what the caller's shell has set prevails."""
    environment = {**(extra or {}), **os.environ}
    subprocess.run([PYTHON, *arguments], check=True, env=environment)  # noqa: S603 (our own arguments)


def _output(*arguments: str) -> str:
    """Return what the environment's Python prints."""
    command = [PYTHON, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603 (our own arguments)


def main() -> int:
    """Make the environment unless it is warm; 0 when it is there."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        print("custody needs a Python from 3.11 to 3.14: make setup PYTHON=…")
        return 1
    if not is_warm():
        make()
    return 0


if __name__ == "__main__":
    sys.exit(main())
