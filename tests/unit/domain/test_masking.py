"""Masks (R29-R31, R75, R76)."""

import pytest

from custody.domain.fields import Mask
from custody.domain.masking import mask

CASES = [
    # A surname is followed by an asterisk (R75).
    (Mask.SURNAME, "张三", "张*"),
    (Mask.SURNAME, " 张三丰 ", "张*"),
    (Mask.SURNAME, "欧阳某某", "欧阳*"),
    (Mask.SURNAME, "諸葛某", "諸葛*"),
    (Mask.SURNAME, "欧阳", "欧*"),
    (Mask.SURNAME, "Ada Example", "A*"),
    (Mask.SURNAME, "张", "***"),
    (Mask.SURNAME, "张*", "***"),
    # The middle four digits are hidden (R31).
    (Mask.PHONE, "13800001234", "138****1234"),
    (Mask.PHONE, "+8613800001234", "138****1234"),
    (Mask.PHONE, "138 0000-1234", "138****1234"),
    (Mask.PHONE, "+442079460958", "****0958"),
    (Mask.PHONE, "+15005550143", "****0143"),
    (Mask.PHONE, "01088880000", "****0000"),
    (Mask.PHONE, "66365566", "****5566"),
    (Mask.PHONE, "110", "***"),
    (Mask.PHONE, "call me", "***"),
    # A prefix is followed by an asterisk (R76).
    (Mask.EMAIL, "zhangsan@example.com", "zh*@example.com"),
    (Mask.EMAIL, "abc@example.com", "a*@example.com"),
    (Mask.EMAIL, "a@example.com", "*@example.com"),
    (Mask.EMAIL, "zhangsan@13800001234.example", "zh*@***"),
    (Mask.EMAIL, "zhangsan@example.com 张三", "zh*@***"),
    (Mask.EMAIL, "zhangsan", "***"),
    (Mask.TAIL, "6222020000001234", "****1234"),
    (Mask.TAIL, "12345678", "****5678"),
    (Mask.TAIL, "1234567", "***"),
    (Mask.TAIL, "000-0000", "***"),
    (Mask.HIDDEN, "anything", "***"),
    (Mask.HIDDEN, "   ", "***"),
]


@pytest.mark.parametrize(("how", "value", "shown"), CASES)
def test_a_mask_shows_this_much(how: Mask, value: str, shown: str) -> None:
    """The form's own examples, and what stands at their edges."""
    assert mask(value, how, natural_person=True) == shown


@pytest.mark.parametrize("natural", [True, False])
def test_no_mask_is_the_value_itself(natural: bool) -> None:  # noqa: FBT001 - a case
    """Policy allows it to low fields only."""
    assert mask(" x ", Mask.NONE, natural_person=natural) == " x "


def test_a_companys_name_is_shown_and_a_persons_is_not() -> None:
    """R29 against R8."""
    assert mask("某某科技有限公司", Mask.PARTY_NAME, natural_person=False) == (
        "某某科技有限公司"
    )
    assert mask("张三", Mask.PARTY_NAME, natural_person=True) == "张*"
