"""The bad files of other people and their verdicts: rows, or a reason and place.

`SPECTRUM` and `TEST_DATA` name each file of the two public CSV suites, `DERIVED`
each hostile file; what a file without header names is called by position.
"""

from collections.abc import Sequence

FOO = ("foo", "bar", "baz")
LATIN = ("a", "b", "c")
FORM = ("客户编号", "客户名称", "联系人", "手机号", "身份证号", "备注")

# File -> columns, or the number of columns of one without header; verdict.
# Where rows are read, they equal the file's .json twin if it has one.
SPECTRUM = {
    "comma_in_quotes": (("first", "last", "address", "city", "zip"), "1 rows"),
    "empty": (LATIN, "2 rows"),
    "empty_crlf": (LATIN, "2 rows"),
    "escaped_quotes": (("a", "b"), "2 rows"),
    "json": (("key", "val"), "1 rows"),
    # RFC 4180 knows no quote inside an unquoted cell; the suite's author is lenient.
    "location_coordinates": (
        ("Contact Phone Number", "Location Coordinates", "Cities", "Counties"),
        "0 rows; stray_quote at row 1, column Location Coordinates",
    ),
    "newlines": (LATIN, "3 rows"),
    "newlines_crlf": (LATIN, "3 rows"),
    "quotes_and_newlines": (("a", "b"), "2 rows"),
    "simple": (LATIN, "1 rows"),
    "simple_crlf": (LATIN, "1 rows"),
    "utf8": (LATIN, "2 rows"),
}
TEST_DATA: dict[str, tuple[Sequence[str] | int, object]] = {
    "all-empty": (1, "2 rows"),
    "bad-header-less-fields": (FOO, "0 rows; short_row at row 1"),
    "bad-header-more-fields": (FOO, "0 rows; long_row at row 1"),
    "bad-header-no-header": (FOO, "empty_file"),
    "bad-header-wrong-header": (FOO, "missing_column at row 0, column foo"),
    "bad-missing-quote": (3, "unclosed_quote at row 2, column 1"),
    "bad-quotes-with-unescaped-quote": (3, "text_after_quote at row 2, column 1"),
    "bad-unescaped-quote": (3, "1 rows; stray_quote at row 2, column 1"),
    "empty-field": (3, "2 rows"),
    "empty-one-column": (1, "2 rows"),
    "header-no-rows": (FOO, "0 rows"),
    "header-simple": (FOO, "1 rows"),
    "leading-space": (3, "2 rows"),
    "one-column": (1, "2 rows"),
    "quotes-empty": (3, "2 rows"),
    "quotes-with-comma": (3, "2 rows"),
    "quotes-with-escaped-quote": (3, "2 rows"),
    "quotes-with-newline": (3, "2 rows"),
    "quotes-with-space": (3, "2 rows"),
    "simple-crlf": (3, "2 rows"),
    "simple-lf": (3, "2 rows"),
    "trailing-newline": (3, "2 rows"),
    "trailing-newline-one-field": (1, "2 rows"),
    "trailing-space": (3, "2 rows"),
    "utf8": (3, "2 rows"),
}
WIDE = 5_000
DERIVED: dict[str, tuple[Sequence[str] | int, object]] = {
    "empty.csv": (FORM, "empty_file"),
    "header_only.csv": (FORM, "0 rows"),
    "utf8_truncated.csv": (FORM, "bad_encoding at row 1, byte 138"),
    "utf16le_nobom.csv": (FORM, "bad_encoding at row 0, byte 0"),
    "nul_bytes.csv": (FORM, "nul at row 1"),
    "lone_cr.csv": (FORM, "lone_cr at row 0"),
    "padded_headers.csv": (("客户名称", "手机号", "身份证号"), "1 rows"),
    "unclosed_quote.csv": (FORM, "unclosed_quote at row 1, column 客户名称"),
    "id_as_float.csv": (FORM, "1 rows"),
    "swapped_columns.csv": (FORM, "3 rows"),
    "wide_5000_cols.csv": (WIDE, "1 rows"),
}
