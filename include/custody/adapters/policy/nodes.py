"""YAML for people, read without its surprises.

Every scalar stays text until its declared type is asked for, so `NO` is a
country code, `0123` an identifier and `18:30` a time.  Duplicate keys, aliases,
custom tags and empty values are refused.  A message names file and dotted key
and what is allowed there, never what was found (a policy names people too).
"""

import re

import yaml

from custody.errors import PolicyError

_Loader: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)
_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})
_STANDARD_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}"
    for name in (
        *("str", "int", "float", "bool", "null", "timestamp", "value"),
        *("map", "seq"),
    )
)
_PRINTABLE_KEY = re.compile(r"[\w.-]{1,64}")
_MAX_DEPTH = 12

Node = str | list["Node"] | dict[str, "Node"]
"""What a policy file holds: text, lists and mappings, nothing else."""


def read_yaml(content: bytes, file: str) -> Node:
    """Return the tree of one document; PolicyError when it is not plain YAML."""
    try:
        root = yaml.compose(content.decode(), Loader=_Loader)
    except UnicodeDecodeError:
        raise PolicyError(file, "-", "the file is not UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise PolicyError(file, "-", f"this is not YAML{place}") from None
    except yaml.YAMLError:
        raise PolicyError(file, "-", "this is not YAML") from None
    if root is None:
        return {}
    return _Walk(file).value(root, ())


class _Walk:
    """Turns the nodes of one file into plain values."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, path: tuple[str, ...]) -> Node:
        """Return one node as text, list or mapping."""
        self._refuse_surprises(node, path)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [
                self.value(item, (*path, str(position)))
                for position, item in enumerate(node.value, start=1)
            ]
        text = str(node.value)
        plain = isinstance(node, yaml.ScalarNode) and not node.style
        if plain and text in _EMPTY:
            raise self._error(
                path, "has no value: leave the key out, or quote the word"
            )
        return text

    def _mapping(
        self, node: yaml.MappingNode, path: tuple[str, ...]
    ) -> dict[str, Node]:
        mapping: dict[str, Node] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            if key in mapping:
                raise self._error((*path, key), "stands here twice")
            mapping[key] = self.value(value_node, (*path, key))
        return mapping

    def _key(self, node: yaml.Node, path: tuple[str, ...]) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(path, "keys are plain words")
        key = str(node.value)
        if not _PRINTABLE_KEY.fullmatch(key):
            line = node.start_mark.line + 1
            raise self._error(path, f"the key at line {line} is not a plain word")
        self._refuse_surprises(node, path)
        return key

    def _refuse_surprises(self, node: yaml.Node, path: tuple[str, ...]) -> None:
        if id(node) in self._seen:
            raise self._error(path, "aliases are not used in policy: write it out")
        self._seen.add(id(node))
        if node.tag not in _STANDARD_TAGS:
            raise self._error(path, "tags are not used in policy")
        if len(path) > _MAX_DEPTH:
            raise self._error(path[:_MAX_DEPTH], "is nested too deep")

    def _error(self, path: tuple[str, ...], problem: str) -> PolicyError:
        return PolicyError(self._file, ".".join(path) or "-", problem)
