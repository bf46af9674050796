"""The paper of a certificate says what was signed, in both languages (R72)."""

import dataclasses
import re
import zlib
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from custody.adapters.reports.certificate_pdf import render_certificate
from custody.domain.certificate import Remainder
from custody.domain.certificate_form import (
    Certificate,
    sign_certificate,
    write_certificate,
)
from custody.domain.certificate_words import (
    COPIES,
    KINDS,
    METHODS,
    OVERWRITING,
    REMAINS,
    RESULTS,
)
from custody.domain.language import Text
from custody.domain.observations import Copy, Method, Overwriting, Result
from tests.builders.certificates import (
    PEOPLE,
    certificate,
    closing_certificate,
    destruction,
    signer,
)

ZONE = ZoneInfo("Asia/Shanghai")
BOTH = [certificate, closing_certificate]


def _streams(pdf: bytes) -> list[bytes]:
    """Return every stream of a PDF, inflated where it is deflated."""
    found = []
    for match in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(match[1]))
        except zlib.error:
            found.append(match[1])
    return found


@pytest.mark.parametrize("made", BOTH)
def test_the_signed_file_lies_inside_byte_for_byte(
    made: Callable[[], Certificate],
) -> None:
    signed = sign_certificate(made(), signer())

    pdf = render_certificate(signed, zone=ZONE)

    assert write_certificate(signed) in _streams(pdf)


@pytest.mark.parametrize("made", BOTH)
def test_the_same_certificate_gives_the_same_paper(
    made: Callable[[], Certificate],
) -> None:
    signed = sign_certificate(made(), signer())

    assert render_certificate(signed, zone=ZONE) == render_certificate(
        signed, zone=ZONE
    )


def test_the_font_is_inside_and_only_what_is_used_of_it() -> None:
    """Nothing is loaded from anywhere, and the file stays small."""
    pdf = render_certificate(sign_certificate(certificate(), signer()), zone=ZONE)

    assert b"NotoSansSC" in pdf
    assert b"/FontFile3" in pdf
    assert len(pdf) < 300_000
    assert b"http" not in pdf.lower()


def test_the_paper_names_no_customer() -> None:
    pdf = render_certificate(sign_certificate(certificate(), signer()), zone=ZONE)

    assert not any(
        number.encode() in stream for number in PEOPLE for stream in _streams(pdf)
    )


def test_many_rules_run_over_pages() -> None:
    one = destruction()
    many = dataclasses.replace(one, portions=one.portions * 60)
    long = dataclasses.replace(certificate(), destruction=many)

    pdf = render_certificate(sign_certificate(long, signer()), zone=ZONE)

    assert pdf.count(b"/Type /Page\n") > 4


def test_every_word_exists_in_both_languages() -> None:
    tables: list[tuple[type[StrEnum], Mapping[Any, Text]]] = [
        (Copy, COPIES),
        (Method, METHODS),
        (Result, RESULTS),
        (Overwriting, OVERWRITING),
        (Remainder, REMAINS),
    ]

    texts = [*KINDS.values(), *(it for _, words in tables for it in words.values())]

    assert all(set(words) == set(kinds) for kinds, words in tables)
    assert all(text.zh and text.en.isascii() for text in texts)
