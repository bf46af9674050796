"""Why a file or a row of it cannot be read, in words (R25, R64).

A reason is a stable code and a place, as `DeliveryError` prints it; the words
say what is wrong and, where the sender can mend it, what to send instead.
"""

import re

from custody.domain.language import Language, Text

FAULT_WORDS = {
    # the file as a whole
    "empty_file": Text("文件为空", "the file is empty"),
    "bad_encoding": Text(
        "有字节不属于约定的编码", "bytes that the agreed encoding does not know"
    ),
    "wrong_encoding": Text(
        "文件实际使用另一种编码", "the file is written in another encoding than agreed"
    ),
    "not_text": Text("不是文本文件", "this is no text file"),
    "old_excel_or_password": Text(
        "旧版 .xls 或带密码的工作簿：请另存为不带密码的 .xlsx",
        "an old .xls, or a workbook with a password: save it as .xlsx without one",
    ),
    "nul": Text("含有空字符（NUL）", "it holds NUL characters"),
    "nul_character": Text("含有空字符（NUL）", "it holds NUL characters"),
    "lone_cr": Text("行尾是单独的回车（CR）", "a row ends with a lone CR"),
    "lone_lf": Text("行尾是单独的换行（LF）", "a row ends with a lone LF"),
    "unclosed_quote": Text("引号没有闭合", "a quote is never closed"),
    "text_after_quote": Text("闭合引号后还有文字", "text follows a closing quote"),
    "bad_quoting": Text("引号使用错误", "the quoting is wrong"),
    "swallowed_rows": Text(
        "一个引号单元格吞掉了后面的行", "a quoted cell has swallowed the rows behind it"
    ),
    "cut_off_row": Text("最后一行被截断", "the last row is cut off"),
    "row_count": Text("行数与清单所写不同", "the number of rows is not the manifest's"),
    "row_too_long": Text("一行过长", "a row is too long"),
    "too_many_rows": Text("行数过多", "too many rows"),
    "too_many_columns": Text("列数过多", "too many columns"),
    "too_many_unreadable_rows": Text("无法读取的行过多", "too many unreadable rows"),
    "missing_column": Text("缺少约定的列", "an agreed column is missing"),
    "duplicate_column": Text("列名重复", "a column name stands twice"),
    "no_header": Text("没有表头", "there is no header"),
    "missing_sheet": Text("缺少约定的工作表", "the agreed sheet is missing"),
    "not_a_workbook": Text("不是可读的工作簿", "this is no workbook that can be read"),
    "workbook_too_large": Text("工作簿过大", "the workbook is too large"),
    "macros": Text("工作簿含有宏", "the workbook holds macros"),
    "zip_bomb": Text("压缩内容异常膨胀", "it unpacks to far too much"),
    "not_parquet": Text("不是可读的 Parquet", "this is no Parquet that can be read"),
    "parquet_damaged": Text("Parquet 数据损坏", "the Parquet pages are damaged"),
    "parquet_encrypted": Text("Parquet 已加密", "the Parquet file is encrypted"),
    "parquet_bomb": Text("压缩内容异常膨胀", "it unpacks to far too much"),
    "column_type": Text(
        "列的类型没有唯一的文字写法", "the column's type has no one spelling as text"
    ),
    "bundle_file_missing": Text("缺少组成文件", "a file of the bundle is missing"),
    "bundle_file_unknown": Text("多出未约定的文件", "a file that is not of the bundle"),
    "unknown_column": Text("含有未约定的列", "a column that policy does not name"),
    "bundle_too_large": Text(
        "需要关联的文件过大", "the files to be looked up in are too large"
    ),
    # one row
    "short_row": Text("单元格少于列数", "fewer cells than columns"),
    "long_row": Text("单元格多于列数", "more cells than columns"),
    "blank_row": Text("行间空行", "a blank line between rows"),
    "stray_quote": Text("单元格中间有引号", "a quote inside an unquoted cell"),
    "field_too_long": Text("单元格过长", "a cell is too long"),
    "not_a_number": Text("不是有限的数", "not a finite number"),
    "malformed_json": Text("不是合法的 JSON", "not well-formed JSON"),
    "not_an_object": Text("不是 JSON 对象", "not a JSON object"),
    "nested_value": Text("含有嵌套的值", "a nested value"),
    "nested_too_deep": Text("嵌套过深", "nested too deep"),
    "duplicate_key": Text("键重复", "a key stands twice"),
    "lone_surrogate": Text("含有不成对的代理字符", "half of a surrogate pair"),
    "formula": Text("单元格是公式", "a cell is a formula"),
    "error_cell": Text("单元格是错误值", "a cell shows an error"),
    "unjoined_row": Text("没有可关联的客户行", "no customer row asks for this one"),
    "ambiguous_join": Text("关联键重复", "a second row of the same join key"),
}
"""By reason code; a reader gives no other."""

_PLACE = re.compile(
    r"(?P<code>[a-z_]+)(?: in (?P<file>[A-Za-z0-9][A-Za-z0-9._-]*))?"
    r"(?: at)?(?: row (?P<row>\d+))?"
    r"(?:, column (?P<column>[^\n]+?))?(?:,? byte (?P<byte>\d+))?"
)
_PLACES = {
    "file": Text("文件 {at}", "file {at}"),
    "row": Text("第 {at} 行", "row {at}"),
    "column": Text("列 {at}", "column {at}"),
    "byte": Text("字节 {at}", "byte {at}"),
}
_WITH_PLACE = Text("{words}（{places}）", "{words} ({places})")
_COMMA = Text("，", ", ")


def fault_in_words(reason: str, language: Language) -> str | None:
    """Return what a reader's reason says; None when it is no reader's."""
    found = _PLACE.fullmatch(reason)
    if found is None or found["code"] not in FAULT_WORDS:
        return None
    places = [
        text.of(language, at=found[name])
        for name, text in _PLACES.items()
        if found[name] is not None
    ]
    words = FAULT_WORDS[found["code"]].of(language)
    if not places:
        return words
    return _WITH_PLACE.of(
        language, words=words, places=_COMMA.of(language).join(places)
    )
