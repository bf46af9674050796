"""The names that policy gives its codes, in the reader's language."""

from dataclasses import dataclass

from custody.domain.fields import Choice
from custody.domain.language import Language
from custody.domain.policy import Policy
from custody.domain.retention import Span
from custody.domain.waiting_words import in_words


@dataclass(frozen=True, slots=True)
class Labels:
    """Answers a code by its label; a code that policy no longer knows by itself."""

    policy: Policy
    language: Language

    def field(self, name: str) -> str:
        """Return the label of a field."""
        found = next((f for f in self.policy.fields if f.name == name), None)
        return name if found is None else self._of(found.label_zh, found.label_en)

    def reason(self, code: str) -> str:
        """Return in words why a row waits."""
        return in_words(code, self.language, self.field)

    def industry(self, code: str | None) -> str:
        """Return the pair of an industry, such as 金融-银行 (R35)."""
        found = next((i for i in self.policy.industries if i.code == code), None)
        return code or "—" if found is None else self._of(found.pair_zh, found.pair_en)

    def customer_type(self, code: str | None) -> str:
        """Return the label of a customer type (R33)."""
        return self._choice(self.policy.customer_types, code)

    def span(self, span: Span) -> str:
        """Return a span of the calendar in words: 3年6个月, 3 years 6 months."""
        parts = (
            (span.years, "年", " years"),
            (span.months, "个月", " months"),
            (span.days, "天", " days"),
        )
        said = [f"{count}{self._of(zh, en)}" for count, zh, en in parts if count]
        return self._of("", " ").join(said or [f"0{self._of('天', ' days')}"])

    def classes(self, classes: str | None) -> list[tuple[str, str]]:
        """Return further classifications as labels: dimension and choice (R37)."""
        pairs = [part.split("=", 1) for part in (classes or "").split(",") if part]
        return [self._class(dimension, code) for dimension, code in pairs]

    def _class(self, name: str, code: str) -> tuple[str, str]:
        found = next((d for d in self.policy.dimensions if d.name == name), None)
        if found is None:
            return name, code
        return self._of(found.label_zh, found.label_en), self._choice(
            found.choices, code
        )

    def _choice(self, choices: tuple[Choice, ...], code: str | None) -> str:
        found = next((choice for choice in choices if choice.code == code), None)
        return (
            code or "—" if found is None else self._of(found.label_zh, found.label_en)
        )

    def _of(self, zh: str, en: str) -> str:
        return zh if self.language is Language.ZH else en
