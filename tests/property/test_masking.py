"""A mask never shows a value (R30, R31), whatever the value is."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from custody.domain.fields import Mask
from custody.domain.masking import HIDDEN, mask

HIDING = [how for how in Mask if how is not Mask.NONE]
TEXT = st.text(min_size=1, max_size=40).filter(lambda text: text.strip(" *") != "")
PHONES = st.from_regex(r"\+?[0-9][0-9 ()-]{0,18}", fullmatch=True)
MAILS = st.from_regex(r"[a-z0-9.]{1,20}@[a-z0-9.-]{1,20}", fullmatch=True)
NAMES = st.text(alphabet="张王李欧阳司马诸葛某甲乙", min_size=1, max_size=5)


@pytest.mark.parametrize("how", HIDING)
@given(value=st.one_of(TEXT, PHONES, MAILS, NAMES))
@example(value="*a")
@example(value="a*")
@example(value="@")
@example(value="*@x")
def test_a_mask_never_contains_the_value(how: Mask, value: str) -> None:
    """Not even when the value is short, masked already or of another kind."""
    shown = mask(value, how, natural_person=True)

    assert shown
    assert value not in shown
    assert value.strip() == "" or value.strip() not in shown


@given(
    value=st.one_of(PHONES, st.text(alphabet="0123456789X", min_size=1, max_size=30))
)
def test_four_characters_or_more_stay_hidden(value: str) -> None:
    """Of a phone at least four digits, as the form says; of a number all but four."""
    for how in (Mask.PHONE, Mask.TAIL):
        shown = mask(value, how, natural_person=True)
        digits = sum(character.isalnum() for character in shown)
        held = sum(character.isalnum() for character in value)

        assert digits == 0 or held - digits >= 4


@given(value=NAMES)
def test_a_given_name_is_never_shown(value: str) -> None:
    """At most the two characters of a compound surname."""
    shown = mask(value, Mask.SURNAME, natural_person=True)

    assert shown == HIDDEN or value.startswith(shown[:-1])
    assert len(shown) - 1 <= 2


@given(value=st.text(max_size=40))
def test_a_companys_name_is_itself(value: str) -> None:
    """R29: low fields of a legal person are shown as they are."""
    assert mask(value, Mask.PARTY_NAME, natural_person=False) == value
