"""A refusal is told in words, in both languages."""

import pytest

from custody.domain.delivery import Refusal
from custody.domain.language import Language
from custody.domain.waiting_words import in_words


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("refusal", Refusal)
def test_every_refusal_has_words(refusal: Refusal, language: Language) -> None:
    told = in_words(refusal.value, language, str)

    assert told != refusal.value
    assert told.isascii() == (language is Language.EN)
