"""Why a row waits or a delivery is refused, in words: for people at any door."""

from collections.abc import Callable

from custody.domain.fault_words import fault_in_words
from custody.domain.held_rows import WHY_HELD
from custody.domain.language import Language
from custody.domain.refusal_words import REFUSAL_WORDS
from custody.domain.report_words import CONTACT, PROBLEM_WORDS

_CONTACT = "contact"


def in_words(reason: str, language: Language, label: Callable[[str], str]) -> str:
    """Return what a reason code says; a code without words stands for itself.

    `label` gives the name of a field; a reason is a code, or `field:problem`.
    """
    held = WHY_HELD.get(reason)
    if held is not None:
        return held.of(language)
    fault = fault_in_words(reason, language)
    if fault is not None:
        return fault
    refused = REFUSAL_WORDS.get(reason)
    if refused is not None:
        return refused.of(language)
    name, _, problem = reason.partition(":")
    words = PROBLEM_WORDS.get(problem)
    if words is None:
        return reason
    field = CONTACT.of(language) if name == _CONTACT else label(name)
    mark = "：" if language is Language.ZH else ": "
    return f"{field}{mark}{words.of(language)}"
