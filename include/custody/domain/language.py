"""Chinese and English: every word a user sees exists in both."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


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
        return text.format(**places) if places else text


def choose_language(environment: Mapping[str, str]) -> Language:
    """Return the language of `CUSTODY_LANG`, then `LANG`; English otherwise."""
    for name in ("CUSTODY_LANG", "LANG"):
        wanted = environment.get(name, "")
        if wanted:
            return Language.ZH if wanted.lower().startswith("zh") else Language.EN
    return Language.EN
