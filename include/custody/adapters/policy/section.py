"""A mapping of a policy file, read key by key and by declared type.

`with section:` refuses at its end every key that nobody asked for, so a typing
error never passes for a rule.
"""

import datetime as dt
import re
from collections.abc import Iterable
from enum import StrEnum
from types import TracebackType
from typing import Self, TypeVar

from custody.adapters.policy.nodes import Node
from custody.domain.language import Text
from custody.errors import PolicyError

_Member = TypeVar("_Member", bound=StrEnum)

_WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}|[1-9][0-9]{0,2}(?:_[0-9]{3}){1,4}")
_LARGEST_NUMBER = 2**53
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BOOLEANS = {"true": True, "false": False}


class Section:
    """One mapping, its file and its dotted key."""

    def __init__(self, node: Node, *, file: str, key: str = "") -> None:
        """Take a mapping; PolicyError when the node is none."""
        self.file = file
        self.key = key
        if not isinstance(node, dict):
            raise PolicyError(file, key or "-", "a mapping of keys is expected here")
        self._node = node
        self._left = set(node)

    def __enter__(self) -> Self:
        """Begin to read."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Refuse the first key that was not asked for."""
        if kind is None and self._left:
            raise self.error(min(self._left), "is not a key that policy knows")

    def error(self, key: str, problem: str) -> PolicyError:
        """Return the error that names this file and the dotted key."""
        return PolicyError(self.file, self._dotted(key), problem)

    def names(self) -> tuple[str, ...]:
        """Return the keys in file order."""
        return tuple(self._node)

    def has(self, key: str) -> bool:
        """Whether the key is written."""
        return key in self._node

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; without a default the key must be there."""
        value = self._take(key, default)
        if not isinstance(value, str):
            raise self.error(key, "one text is expected")
        if not value.strip() and value != default:
            raise self.error(key, "the text is empty")
        return value

    def matching(self, key: str, pattern: re.Pattern[str], meaning: str) -> str:
        """Return a text that the pattern matches whole; `meaning` says which."""
        value = self.text(key)
        if not pattern.fullmatch(value):
            raise self.error(key, f"{meaning} is expected")
        return value

    def raw(self, key: str, default: str) -> str:
        """Return a text as it is written, blank or not."""
        value = self._take(key, default)
        if not isinstance(value, str):
            raise self.error(key, "one text is expected")
        return value

    def flag(self, key: str, *, default: bool | None = None) -> bool:
        """Return `true` or `false`; `yes`, `on` and `NO` are neither."""
        if default is not None and not self.has(key):
            return default
        value = _BOOLEANS.get(self.text(key))
        if value is None:
            raise self.error(key, "true or false is expected")
        return value

    def number(self, key: str, *, least: int = 0, most: int = _LARGEST_NUMBER) -> int:
        """Return a whole number, written 1000000 or 1_000_000, never 0123."""
        text = self.text(key)
        number = int(text) if _WHOLE_NUMBER.fullmatch(text) else -1
        if not least <= number <= most:
            raise self.error(key, f"a whole number from {least} to {most} is expected")
        return number

    def date(self, key: str) -> dt.date:
        """Return a date, written 2026-12-31."""
        text = self.text(key)
        try:
            return dt.date.fromisoformat(text if _DATE.fullmatch(text) else "")
        except ValueError:
            raise self.error(key, "a date such as 2026-12-31 is expected") from None

    def time(self, key: str) -> dt.time:
        """Return a time of day, written 18:30."""
        text = self.text(key)
        if not _TIME.fullmatch(text):
            raise self.error(key, "a time such as 18:30 is expected")
        return dt.time.fromisoformat(text)

    def one_of(
        self, key: str, allowed: Iterable[str], default: str | None = None
    ) -> str:
        """Return a text that is one of the allowed words."""
        value = self.text(key, default)
        words = tuple(allowed)
        if value not in words:
            raise self.error(key, f"one of {', '.join(words)} is expected")
        return value

    def member(
        self, key: str, kind: type[_Member], default: _Member | None = None
    ) -> _Member:
        """Return a member of a closed vocabulary."""
        allowed = [str(member) for member in kind]
        return kind(
            self.one_of(key, allowed, None if default is None else str(default))
        )

    def texts(
        self, key: str, *, default: tuple[str, ...] | None = None
    ) -> tuple[str, ...]:
        """Return a list of different texts, in order."""
        value = self._take(key, None if default is None else list(default))
        if not isinstance(value, list):
            raise self.error(key, "a list is expected")
        items = [item for item in value if isinstance(item, str) and item.strip()]
        if len(items) != len(value):
            raise self.error(key, "a list of texts is expected")
        if len(set(items)) != len(items):
            raise self.error(key, "one text stands here twice")
        return tuple(items)

    def words(
        self,
        key: str,
        allowed: Iterable[str],
        *,
        default: tuple[str, ...] | None = None,
    ) -> tuple[str, ...]:
        """Return a list of different words, each one of the allowed."""
        known = tuple(allowed)
        items = self.texts(key, default=default)
        if not set(items) <= set(known):
            raise self.error(key, f"only {', '.join(known)} are known")
        return items

    def label(self, key: str = "label") -> Text:
        """Return a text in both languages: `{zh: …, en: …}`."""
        with self.section(key) as section:
            return Text(section.text("zh"), section.text("en"))

    def section(self, key: str) -> "Section":
        """Return a mapping below this one."""
        return Section(self._take(key, None), file=self.file, key=self._dotted(key))

    def items(self, key: str) -> "tuple[Section, ...]":
        """Return a list of mappings; it may not be empty."""
        value = self._take(key, None)
        if not isinstance(value, list) or not value:
            raise self.error(key, "a list of mappings is expected")
        return tuple(
            Section(item, file=self.file, key=self._dotted(f"{key}.{position}"))
            for position, item in enumerate(value, start=1)
        )

    def lists(self, key: str) -> tuple[tuple[str, ...], ...]:
        """Return a list of lists of texts; it may not be empty."""
        value = self._take(key, None)
        if not isinstance(value, list) or not value:
            raise self.error(key, "a list of lists is expected")
        holder = {str(position): item for position, item in enumerate(value, start=1)}
        inner = Section(holder, file=self.file, key=self._dotted(key))
        return tuple(inner.texts(position) for position in holder)

    def _take(self, key: str, default: Node | None) -> Node:
        self._left.discard(key)
        value = self._node.get(key, default)
        if value is None:
            raise self.error(key, "is missing")
        return value

    def _dotted(self, key: str) -> str:
        return f"{self.key}.{key}" if self.key else key
