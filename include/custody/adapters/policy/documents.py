"""The policy files of one or more directories, and which of them prevails.

A later directory adds entries or states one anew, always whole: an entry is one
top-level key of `fields.yaml`, `levels.yaml` and their like, one file under
`sources/`, and the whole of `settings.yaml` and of `tiers.yaml`.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from custody.adapters.policy.nodes import Node, read_yaml
from custody.adapters.policy.section import Section
from custody.errors import PolicyError

KEYED = (
    "access",
    "customer_types",
    "dimensions",
    "fields",
    "industries",
    "levels",
    "people",
    "retention",
)
WHOLE = ("settings", "tiers")
SOURCES = "sources"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFile:
    """One file: its name within the policy, the name errors give it, its bytes."""

    name: str
    shown: str
    content: bytes

    @property
    def stem(self) -> str:
        """The name without directory and ending."""
        return Path(self.name).stem


class Documents:
    """What all files together say, before any rule is asked."""

    def __init__(self, files: Iterable[PolicyFile]) -> None:
        """Read the files in order; PolicyError when one is not plain YAML."""
        self.entries: dict[str, dict[str, Section]] = {name: {} for name in KEYED}
        self.sources: dict[str, Section] = {}
        self._whole: dict[str, Section] = {}
        for file in files:
            self._add(file, read_yaml(file.content, file.shown))

    def whole(self, name: str) -> Section:
        """Return a document that is one entry; PolicyError when there is none."""
        try:
            return self._whole[name]
        except KeyError:
            raise PolicyError(f"{name}.yaml", "-", "the file is missing") from None

    def _add(self, file: PolicyFile, node: Node) -> None:
        document = Section(node, file=file.shown)
        if file.name.startswith(f"{SOURCES}/"):
            self.sources[file.stem] = document
        elif file.stem in WHOLE:
            self._whole[file.stem] = document
        else:
            self.entries[file.stem] |= {
                name: document.section(name) for name in document.names()
            }


def policy_files(directories: Iterable[Path]) -> tuple[PolicyFile, ...]:
    """Return the YAML files of the directories, in order of directory and name.

    PolicyError when a directory is not there or holds a YAML file that policy
    does not know, so that a misspelt name is not silently without effect.
    """
    return tuple(file for folder in directories for file in _files_of(folder))


def policy_digest(files: Iterable[PolicyFile]) -> str:
    """Return SHA-256, hex, over the sorted names and bytes of the files.

    Each name and content is preceded by its length (uint64, big-endian); files
    of the same name stand in the order of their directories.
    """
    digest = hashlib.sha256()
    for file in sorted(files, key=lambda file: file.name):
        for part in (file.name.encode(), file.content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()


def _files_of(folder: Path) -> Iterator[PolicyFile]:
    if not folder.is_dir():
        raise PolicyError(folder.name, "-", "there is no such policy directory")
    known = {f"{name}.yaml" for name in (*KEYED, *WHOLE)}
    for path in sorted((*folder.glob("*.y*ml"), *folder.glob("*/*.y*ml"))):
        name = path.relative_to(folder).as_posix()
        shown = f"{folder.name}/{name}"
        is_source = path.parent.name == SOURCES and path.suffix == ".yaml"
        if name not in known and not (is_source and path.parent.parent == folder):
            raise PolicyError(shown, "-", "is not the name of a policy file")
        yield PolicyFile(name=name, shown=shown, content=path.read_bytes())
