"""Whatever a reader says against a file has words in both languages (R25)."""

import ast
from pathlib import Path

import pytest

import custody
from custody.domain.delivery import Refusal
from custody.domain.fault_words import FAULT_WORDS, fault_in_words
from custody.domain.language import Language
from custody.domain.waiting_words import in_words
from custody.errors import DeliveryError

READERS = Path(custody.__file__).parent / "adapters" / "readers"
CALLS = {"DeliveryError", "_RowError", "RowFault", "refuse", "_refuse", "refuse_after"}


def _told() -> set[str]:
    """Return every reason code that stands as a word in a reader's call."""
    found = set()
    for file in READERS.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                words = [arg for arg in node.args if isinstance(arg, ast.Constant)]
                if name in CALLS:
                    found |= {str(word.value) for word in words if word.value}
    return {word for word in found if word.replace("_", "").isalpha()}


def test_every_reason_of_a_reader_has_words() -> None:
    """A new code without words is seen here."""
    told = _told()

    assert {"bad_encoding", "swallowed_rows", "nested_value", "blank_row"} <= told
    assert told <= FAULT_WORDS.keys()
    assert all(text.zh and text.en for text in FAULT_WORDS.values())


@pytest.mark.parametrize(
    ("error", "zh", "en"),
    [
        (
            DeliveryError("old_excel_or_password", byte=0),
            "旧版 .xls 或带密码的工作簿：请另存为不带密码的 .xlsx（字节 0）",
            (
                "an old .xls, or a workbook with a password: save it as .xlsx"
                " without one (byte 0)"
            ),
        ),
        (
            DeliveryError("bad_encoding", row=3, byte=120),
            "有字节不属于约定的编码（第 3 行，字节 120）",
            "bytes that the agreed encoding does not know (row 3, byte 120)",
        ),
        (
            DeliveryError("unclosed_quote", row=1, column="名称"),
            "引号没有闭合（第 1 行，列 名称）",
            "a quote is never closed (row 1, column 名称)",
        ),
        (DeliveryError("empty_file"), "文件为空", "the file is empty"),
        (
            DeliveryError("short_row", row=2, column="电话").within("side-1.csv"),
            "单元格少于列数（文件 side-1.csv，第 2 行，列 电话）",
            "fewer cells than columns (file side-1.csv, row 2, column 电话)",
        ),
        (
            DeliveryError("bundle_file_missing", file="a.b.txt"),
            "缺少组成文件（文件 a.b.txt）",
            "a file of the bundle is missing (file a.b.txt)",
        ),
        (
            DeliveryError("bad_encoding", byte=7).within("a.txt"),
            "有字节不属于约定的编码（文件 a.txt，字节 7）",
            "bytes that the agreed encoding does not know (file a.txt, byte 7)",
        ),
    ],
)
def test_a_reason_and_its_place_are_told_in_words(
    error: DeliveryError, zh: str, en: str
) -> None:
    """The words stand where pages and the command line say why a row waits."""
    assert fault_in_words(str(error), Language.ZH) == zh
    assert in_words(str(error), Language.EN, str) == en


def test_what_is_no_readers_reason_has_no_words_here() -> None:
    assert fault_in_words(Refusal.REPLAY, Language.EN) is None
