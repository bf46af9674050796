"""Who a row is to the register: industry, type, party, responsible, classes.

Industries by code, pair or spelling (R10, R35); the party by the source's rule,
a row that does not say counting as a natural person, the stricter of the two
(就高从严); custom dimensions from the field that policy names (R37, R60).

Everything here is stored in clear: codes of policy, never a cell.  The person
responsible is the one whom policy names (R42); one that the row names is sealed
like any field and shown as its mask.
"""

from collections.abc import Callable

import polars as pl

from custody.columns.mapping import map_distinct
from custody.domain.fields import Choice, Dimension, Industry
from custody.domain.industries import industry_key, industry_of, industry_spellings
from custody.domain.policy import Policy
from custody.domain.sources import PartyRule, Source

NATURAL, LEGAL = "natural", "legal"
PARTY = pl.Enum([NATURAL, LEGAL])
PARTY_FIELD = "party_type"
INDUSTRY_FIELD = "industry"
TYPE_FIELD = "customer_type"

_LEGAL_TEXT = (
    "legal company organisation organization enterprise business corporate b2b "
    "法人 企业 公司 单位 机构 组织 企業 單位 機構 組織 法人客户 企业客户"
)
_LEGAL_WORDS = frozenset(_LEGAL_TEXT.split())


def party_of(text: str | None) -> str:
    """Return `legal` when the text says so, else `natural`."""
    key = industry_key(text or "")
    return LEGAL if key in _LEGAL_WORDS else NATURAL


def choice_spellings(dimension: Dimension) -> dict[str, str]:
    """Return each spelling of a dimension's choices and its code."""
    return _spellings(dimension.choices)


def identify(values: pl.DataFrame, *, source: Source, policy: Policy) -> pl.DataFrame:
    """Return the identity frame of a block (columns.blocks.Examined)."""
    industries = _industries(values, source, policy)
    industry = {one.code: one for one in _all_industries(policy)}
    prefixes = {code: one.prefix for code, one in industry.items()}
    return pl.DataFrame(
        [
            values["row"],
            industries.alias("industry"),
            industries.replace_strict(prefixes, return_dtype=pl.String).alias("prefix"),
            _customer_types(values, policy),
            party_column(values, source),
            _constant(values, source.responsible_person).alias("responsible"),
            _classes(values, policy),
        ]
    )


def party_column(values: pl.DataFrame, source: Source) -> pl.Series:
    """Return natural or legal per row, by the source's rule."""
    if source.party is PartyRule.BY_FIELD:
        told = _asked(values, PARTY_FIELD, party_of).fill_null(NATURAL)
    else:
        told = _constant(values, source.party.value)
    return told.cast(PARTY).alias("party")


def _all_industries(policy: Policy) -> tuple[Industry, ...]:
    return (*policy.industries, policy.unknown_industry)


def _industries(values: pl.DataFrame, source: Source, policy: Policy) -> pl.Series:
    spellings = industry_spellings(policy.industries)
    by_code = {one.code: one for one in _all_industries(policy)}
    default = by_code.get(source.default_industry or "", policy.unknown_industry)

    def code(text: str) -> str:
        return industry_of(text, spellings, otherwise=default).code

    return _asked(values, INDUSTRY_FIELD, code).fill_null(default.code)


def _customer_types(values: pl.DataFrame, policy: Policy) -> pl.Series:
    """Return the type's code; the first one of policy when the row does not say."""
    spellings = _spellings(policy.customer_types)
    first = policy.customer_types[0].code if policy.customer_types else None
    told = _asked(values, TYPE_FIELD, lambda text: spellings.get(industry_key(text)))
    return (told if first is None else told.fill_null(first)).alias("customer_type")


def _classes(values: pl.DataFrame, policy: Policy) -> pl.Series:
    """Return `dimension=code` joined by commas, sorted; empty when none."""
    parts = []
    for dimension in sorted(policy.dimensions, key=lambda one: one.name):
        if dimension.core or dimension.field is None:
            continue
        spellings = choice_spellings(dimension)
        name = dimension.name
        parts.append(
            _asked(values, dimension.field, _class_of(name, spellings)).alias(name)
        )
    if not parts:
        return _constant(values, "").alias("classes")
    joined = pl.concat_str(pl.all(), separator=",", ignore_nulls=True)
    return pl.DataFrame(parts).select(joined.alias("classes"))["classes"]


def _class_of(name: str, spellings: dict[str, str]) -> Callable[[str], str | None]:
    def rule(text: str) -> str | None:
        code = spellings.get(industry_key(text))
        return None if code is None else f"{name}={code}"

    return rule


def _spellings(choices: tuple[Choice, ...]) -> dict[str, str]:
    return {
        industry_key(text): choice.code
        for choice in choices
        for text in (choice.code, choice.label_zh, choice.label_en, *choice.names)
    }


def _asked(
    values: pl.DataFrame, name: str, rule: Callable[[str], str | None]
) -> pl.Series:
    """Return `rule` of a field per row; null where it is missing."""
    if name not in values.columns:
        return _constant(values, None)
    column = values[name]
    answers = map_distinct(column.drop_nulls(), rule, pl.String)
    at = column.is_not_null().arg_true()
    return _constant(values, None).scatter(at, answers)


def _constant(values: pl.DataFrame, text: str | None) -> pl.Series:
    return pl.Series([text], dtype=pl.String).new_from_index(0, values.height)
