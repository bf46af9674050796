"""Check digits and characters, as pure arithmetic on text.

Which numbers exist, and what they mean, is decided by `documents` and `cards`;
here only the sums of the standards are done.  Every function takes upper-case
ASCII without blanks and answers False for anything else.
"""

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
ID_LENGTH = 18

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I O S V Z
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_USCC_VALUES = {letter: value for value, letter in enumerate(USCC_ALPHABET)}

_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORG_LENGTH = 9
_TAIWAN_WEIGHTS = (1, 2, 1, 2, 1, 2, 4, 1)
_TAIWAN_LENGTH = 8
_TAIWAN_SEVENTH = 6
_LARGEST_DIGIT = 9
_REGISTRATION_LENGTH = 15
_TAIWAN_REGIONS = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # A is 10 … O is 35


def is_digits(text: str) -> bool:
    """Return whether the text is one or more ASCII digits."""
    return text.isascii() and text.isdigit()


def resident_id_check(first: str) -> str:
    """Return the check character of 17 digits (GB 11643-1999, ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * w for digit, w in zip(first, _ID_WEIGHTS, strict=True))
    return _ID_CHECKS[total % 11]


def is_resident_id_sum(text: str) -> bool:
    """Return whether 18 characters end in their check character."""
    return (
        len(text) == ID_LENGTH
        and is_digits(text[:-1])
        and resident_id_check(text[:-1]) == text[-1]
    )


def uscc_check(first: str) -> str:
    """Return the check character of 17 characters (GB 32100-2015, mod 31)."""
    total = sum(
        _USCC_VALUES[letter] * w for letter, w in zip(first, _USCC_WEIGHTS, strict=True)
    )
    return USCC_ALPHABET[-total % 31]


def is_uscc_sum(text: str) -> bool:
    """Return whether 18 characters of the alphabet end in their check character."""
    return (
        len(text) == ID_LENGTH
        and all(letter in _USCC_VALUES for letter in text)
        and uscc_check(text[:-1]) == text[-1]
    )


def organisation_check(first: str) -> str:
    """Return the check character of an 8-character organisation code (GB 11714)."""
    total = sum(int(c, 36) * w for c, w in zip(first, _ORG_WEIGHTS, strict=True))
    check = 11 - total % 11
    return {10: "X", 11: "0"}.get(check, str(check))


def is_organisation_sum(text: str) -> bool:
    """Return whether 9 characters end in their check character (GB 11714)."""
    return (
        len(text) == _ORG_LENGTH
        and text[:-1].isascii()
        and text[:-1].isalnum()
        and organisation_check(text[:-1].upper()) == text[-1]
    )


def luhn_check(first: str) -> str:
    """Return the check digit that makes `first` + digit pass Luhn (ISO/IEC 7812)."""
    return str(-_luhn_total(first + "0") % 10)


def is_luhn(text: str) -> bool:
    """Return whether the digits pass Luhn (ISO/IEC 7812-1)."""
    return is_digits(text) and _luhn_total(text) % 10 == 0


def is_ean(text: str) -> bool:
    """Return whether the digits are a GTIN with its check digit (GS1, weights 3, 1)."""
    if not is_digits(text):
        return False
    total = sum(int(d) * (3 if i % 2 else 1) for i, d in enumerate(reversed(text)))
    return total % 10 == 0


def is_iban_sum(text: str) -> bool:
    """Return whether the text passes MOD 97-10 (ISO 13616)."""
    if not (text.isascii() and text.isalnum()):
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def is_taiwan_business_sum(text: str) -> bool:
    """Return whether 8 digits are a Taiwan business number (rule of April 2023)."""
    if len(text) != _TAIWAN_LENGTH or not is_digits(text):
        return False
    products = [int(d) * w for d, w in zip(text, _TAIWAN_WEIGHTS, strict=True)]
    total = sum(product // 10 + product % 10 for product in products)
    if text[_TAIWAN_SEVENTH] == "7":  # 7 x 4 = 28 counts as 10, so as 1 or as 0
        return total % 5 in (0, 4)
    return total % 5 == 0


def is_registration_sum(text: str) -> bool:
    """Return whether 15 digits are a business registration number (MOD 11,10).

    GS 15-2006 of the commercial registry, ISO 7064 hybrid system.
    """
    if len(text) != _REGISTRATION_LENGTH or not is_digits(text):
        return False
    product = 10
    for digit in text[:-1]:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return (product + int(text[-1])) % 10 == 1


def is_taiwan_person_sum(text: str) -> bool:
    """Return whether a letter and nine digits are a Taiwan ID by their sum."""
    region = _TAIWAN_REGIONS.index(text[0]) + 10
    digits = [region // 10, region % 10, *map(int, text[1:])]
    weights = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
    return sum(d * w for d, w in zip(digits, weights, strict=True)) % 10 == 0


def is_hong_kong_person_sum(letters: str, digits: str, check: str) -> bool:
    """Return whether a Hong Kong ID's check character is right (MOD 11)."""
    values = [36, *(int(c, 36) for c in letters)][-2:]
    total = sum(
        v * w
        for v, w in zip((*values, *map(int, digits)), range(9, 1, -1), strict=True)
    )
    return "0A987654321"[total % 11] == check


def _luhn_total(text: str) -> int:
    total = 0
    for position, digit in enumerate(reversed(text)):
        doubled = int(digit) * (1 + position % 2)
        total += doubled - _LARGEST_DIGIT if doubled > _LARGEST_DIGIT else doubled
    return total
