"""Chinese and English: every word a user sees exists in both."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from custody.errors import CustodyError

_Kind = TypeVar("_Kind", bound=CustodyError)


class Language(StrEnum):
    """A language of pages, reports and messages; JSON stays English."""

    ZH = "zh"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages; `{name}` places are filled by `of`."""

    zh: str
    en: str

    def of(self, language: Language, **places: object) -> str:
        """Return the text in a language with its places filled."""
        text = self.zh if language is Language.ZH else self.en
        told = {name: _told(place, language) for name, place in places.items()}
        return text.format(**told) if places else text

    def as_error(self, kind: type[_Kind], **places: object) -> _Kind:
        """Return an error whose message is this text; it keeps both languages."""
        told = self.filled(**places)
        error = kind(told.en)
        error.zh = told.zh
        return error

    def filled(self, **places: object) -> "Text":
        """Return the text with its places filled, in both languages."""
        return Text(self.of(Language.ZH, **places), self.of(Language.EN, **places))


def said(error: CustodyError) -> Text:
    """Return an error's message; English twice where it has no other."""
    return Text(error.zh or str(error), str(error))


def at_place(name: str, why: Text) -> Text:
    """Return why something failed at a place, which is named once."""
    bare = unplaced(name, why)
    return Text(f"{name}：{bare.zh}", f"{name}: {bare.en}")


def unplaced(name: str, why: Text) -> Text:
    """Return why something failed at a place that is named beside it."""
    return Text(why.zh.removeprefix(f"{name}："), why.en.removeprefix(f"{name}: "))


def joined(texts: Iterable[Text]) -> Text:
    """Return texts as one, on one line."""
    told = tuple(texts)
    return Text("；".join(one.zh for one in told), "; ".join(one.en for one in told))


def _told(place: object, language: Language) -> object:
    if isinstance(place, CustodyError):
        return said(place).of(language)
    return place.of(language) if isinstance(place, Text) else place


def choose_language(environment: Mapping[str, str]) -> Language:
    """Return the language of `CUSTODY_LANG`, then `LANG`; English otherwise."""
    for name in ("CUSTODY_LANG", "LANG"):
        wanted = environment.get(name, "")
        if wanted:
            return Language.ZH if wanted.lower().startswith("zh") else Language.EN
    return Language.EN
