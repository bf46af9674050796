"""Phones of any region to E.164: China by our rules, others by `phonenumbers`."""

import phonenumbers

from custody.domain.phones import e164


def phone_form(folded: str, region: str) -> str:
    """Return `+<country><number>`, or the folded text when it is no phone.

    Mainland numbers must fit China's plan; numbers of other regions must be
    possible there (length and prefix), for exchanges change faster than tables.
    """
    known = e164(folded, region)
    if known is not None:
        return known
    try:
        parsed = phonenumbers.parse(folded, region)
    except phonenumbers.NumberParseException:
        return folded
    formatted = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    if formatted.startswith("+86"):  # only the plan, asked above, lets these in
        return folded
    possible = phonenumbers.is_possible_number(parsed)
    return formatted if possible and e164(formatted, region) else folded
