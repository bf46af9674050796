"""The words of reports: every code a steward meets, in Chinese and in English."""

from collections.abc import Callable, Sequence

from custody.domain.expectations import Expectation, Severity
from custody.domain.facts import Requirement, RowVerdict, Token
from custody.domain.language import Text
from custody.domain.verdict import Answer, DeliveryVerdict

VERDICT_WORDS: dict[DeliveryVerdict, Text] = {
    DeliveryVerdict.PASSED: Text("通过", "Passed"),
    DeliveryVerdict.ATTENTION: Text("通过，需关注", "Passed, needs attention"),
    DeliveryVerdict.HELD: Text("挂起，等待处理", "Held for a steward"),
}

ROW_WORDS: dict[str, Text] = {
    RowVerdict.LOAD: Text("可入库", "Ready to load"),
    RowVerdict.SUPPLEMENT: Text("可入库，需补充", "Loads, supplement asked"),
    RowVerdict.PENDING: Text("等待必填内容", "Waits for a mandatory field"),
}

ANSWER_WORDS: dict[Answer, Text] = {
    Answer.PASSED: Text("通过", "passed"),
    Answer.FAILED: Text("未通过", "failed"),
    Answer.NOT_RUN: Text("未能执行", "could not run"),
}

SEVERITY_WORDS: dict[Severity, Text] = {
    Severity.CRITICAL: Text("严重", "critical"),
    Severity.WARNING: Text("警告", "warning"),
    Severity.INFO: Text("提示", "info"),
}

REQUIREMENT_WORDS: dict[Requirement, Text] = {
    Requirement.MANDATORY: Text("必填", "mandatory"),
    Requirement.EXPECTED: Text("应填", "expected"),
    Requirement.OPTIONAL: Text("可后补", "optional"),
}

MISSING = "missing"
MINOR = "minor"
PROBLEM_WORDS: dict[str, Text] = {
    MISSING: Text("缺失", "missing"),
    MINOR: Text(
        "未满十四周岁，需监护人同意", "under 14: a guardian's consent is needed"
    ),
    Token.MALFORMED: Text("格式不对", "malformed"),
    Token.DAMAGED: Text("被电子表格损坏", "damaged by a spreadsheet"),
    Token.BAD_CHECKSUM: Text("校验位错误", "wrong check digit"),
    Token.PLACEHOLDER: Text("占位内容，视为缺失", "a placeholder, counts as missing"),
    Token.OUT_OF_SET: Text("不在允许的取值内", "not among the allowed values"),
}

RATE_WORDS: dict[str, Text] = {
    "valid": Text("有效比例", "share valid"),
    MISSING: Text("缺失比例", "share missing"),
}

RULE_BROKEN = Text("不符合要求", "does not meet the demand")
CONTACT = Text("联系方式（电话、邮箱或地址）", "contact (phone, e-mail or address)")

_DEMANDS: dict[str, Text] = {
    "expect_column_values_to_not_be_null": Text("必须有值", "is present"),
    "expect_column_values_to_be_null": Text("必须为空", "is empty"),
    "expect_column_values_to_be_in_set": Text("取值为 {value_set}", "is {value_set}"),
    "expect_column_values_to_not_be_in_set": Text(
        "取值不为 {value_set}", "is not {value_set}"
    ),
    "expect_column_values_to_match_regex": Text("符合 {regex}", "matches {regex}"),
    "expect_column_values_to_not_match_regex": Text(
        "不符合 {regex}", "does not match {regex}"
    ),
    "expect_column_values_to_match_regex_list": Text(
        "符合 {regex_list}", "matches {regex_list}"
    ),
    "expect_column_values_to_not_match_regex_list": Text(
        "不符合 {regex_list}", "matches none of {regex_list}"
    ),
    "expect_column_value_lengths_to_be_between": Text(
        "长度为 {min_value} 至 {max_value}", "is {min_value} to {max_value} long"
    ),
    "expect_column_value_lengths_to_equal": Text("长度为 {value}", "is {value} long"),
    "expect_column_values_to_be_between": Text(
        "在 {min_value} 与 {max_value} 之间", "is between {min_value} and {max_value}"
    ),
    "expect_column_values_to_match_strftime_format": Text(
        "日期格式为 {strftime_format}", "is a date as {strftime_format}"
    ),
    "expect_column_values_to_be_unique": Text("不重复", "is unique"),
    "expect_compound_columns_to_be_unique": Text("组合不重复", "are unique together"),
    "expect_column_pair_values_to_be_equal": Text("两者相等", "are equal"),
    "expect_column_pair_values_a_to_be_greater_than_b": Text(
        "前者大于后者", "the first is greater"
    ),
    "expect_column_pair_values_to_be_in_set": Text(
        "组合在允许范围内", "are an allowed pair"
    ),
    "expect_select_column_values_to_be_unique_within_record": Text(
        "同一行内互不相同", "differ within the row"
    ),
    "expect_table_row_count_to_be_between": Text(
        "行数在 {min_value} 与 {max_value} 之间",
        "between {min_value} and {max_value} rows",
    ),
    "expect_table_row_count_to_equal": Text("行数为 {value}", "{value} rows"),
    "expect_table_columns_to_match_set": Text("字段为 {column_set}", "{column_set}"),
    "expect_column_to_exist": Text("字段存在", "the field is there"),
    "custody_rule": Text("符合规则 {rule}", "meets rule {rule}"),
}
_TABLE = Text("整份文件", "whole file")
_FACTS: dict[str, Text] = {
    "contact": CONTACT,
    "record__level": Text("记录级别", "record level"),
    "record__tier": Text("价值等级", "value tier"),
    "record__verdict": Text("行结论", "row verdict"),
}
_SUFFIXES: dict[str, Text] = {
    "__fact": Text("·事实标记", " · fact"),
    "__kinds": Text("·识别类型", " · kinds found"),
    "__declared": Text("·声明级别", " · declared level"),
    "__detected": Text("·识别级别", " · detected level"),
    "__sealed": Text("·封存级别", " · sealed level"),
}


def demand_of(expectation: Expectation) -> Text:
    """Return the author's notes, else what the type asks in plain words."""
    if expectation.notes is not None:
        return expectation.notes
    words = _DEMANDS.get(expectation.type)
    if words is None:
        return Text(expectation.type, expectation.type)
    places = _Places(
        {name: _written(value) for name, value in expectation.kwargs.items()}
    )
    return Text(words.zh.format_map(places), words.en.format_map(places))


def fields_of(expectation: Expectation, label: Callable[[str], Text]) -> Text:
    """Return the names of the fields an expectation is about."""
    names = [_column(name, label) for name in expectation.columns]
    return _joined(names) if names else _TABLE


def _column(name: str, label: Callable[[str], Text]) -> Text:
    if name in _FACTS:
        return _FACTS[name]
    for suffix, words in _SUFFIXES.items():
        if name.endswith(suffix):
            field = label(name.removesuffix(suffix))
            return Text(field.zh + words.zh, field.en + words.en)
    return label(name)


def _joined(texts: Sequence[Text]) -> Text:
    return Text("、".join(t.zh for t in texts), ", ".join(t.en for t in texts))


def _written(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "…" if value is None else str(value)


class _Places(dict[str, str]):
    """Arguments by name; one that is not stated reads as open."""

    def __missing__(self, key: str) -> str:
        return "…"


__all__ = [
    "ANSWER_WORDS",
    "CONTACT",
    "MISSING",
    "PROBLEM_WORDS",
    "RATE_WORDS",
    "REQUIREMENT_WORDS",
    "ROW_WORDS",
    "RULE_BROKEN",
    "SEVERITY_WORDS",
    "VERDICT_WORDS",
    "demand_of",
    "fields_of",
]
