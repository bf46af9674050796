"""Levels, dimensions, industries, value tiers and customer types (R6-R17, R33)."""

import re
from collections.abc import Mapping, Sequence

from custody.adapters.policy.section import Section
from custody.domain.fields import Choice, Dimension, Industry, LevelRule, ValueTiers
from custody.domain.industries import industry_spellings
from custody.domain.levels import LEVELS_FROM_HIGH, Level
from custody.domain.policy import CORE_DIMENSIONS, DEPARTMENTS
from custody.domain.tiers import AMOUNT, TIERS
from custody.errors import PolicyError

STORAGE_METHODS = ("sealed",)
"""The storage methods that are implemented (R14): a level with another is refused."""

_SUITES = ("1", "2")
_WRITING_SUITE = "1"
_STANDINGS = ("strategic", "ordinary", "potential")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,47}")
_PREFIX = re.compile(r"[A-Z]{2}")
_SECTION = re.compile(r"[A-T]")
_PAIR_PARTS = 2


def read_levels(entries: Mapping[str, Section]) -> tuple[LevelRule, ...]:
    """Return the rule of each level from high to low; all three are demanded."""
    known_levels(entries, "levels.yaml")
    return tuple(_level_rule(level, entries[level]) for level in LEVELS_FROM_HIGH)


def known_levels(entries: Mapping[str, Section], file: str) -> None:
    """Refuse a document that does not speak of exactly the three levels."""
    for level in LEVELS_FROM_HIGH:
        if level not in entries:
            raise PolicyError(file, level, "is missing: every level has a rule")
    for name, section in entries.items():
        if name not in LEVELS_FROM_HIGH:
            raise PolicyError(section.file, name, "high, medium or low is expected")


def _level_rule(level: Level, entry: Section) -> LevelRule:
    with entry as section:
        label = section.label()
        leaves = section.flag("leaves_company")
        if leaves and level is not Level.LOW:
            raise section.error(
                "leaves_company", "medium and above never leave the company (R16)"
            )
        suites = section.words("suites", _SUITES)
        if not suites or suites[0] != _WRITING_SUITE:
            raise section.error("suites", "suite 1 writes: it stands first")
        access = section.words("access", DEPARTMENTS)
        if not access:
            raise section.error("access", "at least one department is named (R15)")
        return LevelRule(
            level=level,
            label_zh=label.zh,
            label_en=label.en,
            storage=section.one_of("storage", STORAGE_METHODS),
            suites=tuple(int(suite) for suite in suites),
            access=access,
            leaves_company=leaves,
        )


def read_choices(entries: Mapping[str, Section]) -> tuple[Choice, ...]:
    """Return a closed list: code -> label, further spellings."""
    choices = []
    for code, entry in entries.items():
        refuse_bad_code(entry, code)
        with entry as section:
            label = section.label()
            choices.append(
                Choice(
                    code=code,
                    label_zh=label.zh,
                    label_en=label.en,
                    names=section.texts("names", default=()),
                )
            )
    return tuple(choices)


def refuse_bad_code(entry: Section, code: str) -> None:
    """Refuse a code that is not a lower-case word of letters, digits and `_`."""
    if not _CODE.fullmatch(code):
        raise PolicyError(entry.file, entry.key, "a lower-case word is expected")


def read_industries(entries: Mapping[str, Section]) -> tuple[Industry, ...]:
    """Return the industry pairs, the one unknown among them (code `unknown`)."""
    industries = tuple(_industry(code, entry) for code, entry in entries.items())
    if UNKNOWN_INDUSTRY not in entries:
        raise PolicyError("industries.yaml", UNKNOWN_INDUSTRY, "is missing (R26)")
    try:
        industry_spellings(industries)
    except ValueError as error:
        raise PolicyError("industries.yaml", "-", str(error)) from None
    return industries


UNKNOWN_INDUSTRY = "unknown"
"""The code of the industry of customers whose industry is not known yet."""


def _industry(code: str, entry: Section) -> Industry:
    refuse_bad_code(entry, code)
    with entry as section:
        pair = section.label("pair")
        if any(len(text.split("-")) != _PAIR_PARTS for text in (pair.zh, pair.en)):
            raise section.error("pair", "two parts joined by - are expected (R35)")
        return Industry(
            code=code,
            section=""
            if code == UNKNOWN_INDUSTRY
            else section.matching("section", _SECTION, "a GB/T 4754 letter A to T"),
            pair_zh=pair.zh,
            pair_en=pair.en,
            prefix=section.matching("prefix", _PREFIX, "two capital letters"),
            names=section.texts("names", default=()),
        )


def read_tiers(document: Section) -> tuple[ValueTiers, tuple[Choice, ...]]:
    """Return thresholds and branches, and the three tiers with their labels."""
    with document as section:
        x_yuan = section.number("x_yuan", least=1)
        y_yuan = section.number("y_yuan", least=1)
        if y_yuan >= x_yuan:
            raise section.error("y_yuan", "must be below x_yuan (R12)")
        with section.section("tiers") as tiers:
            labels = tuple(
                Choice(code=tier, label_zh=label.zh, label_en=label.en)
                for tier in TIERS
                for label in (tiers.label(tier),)
            )
        branches, spellings = _branches(section.section("branches"))
        precedence = section.words("precedence", (AMOUNT, *dict(branches)))
        missing = {AMOUNT, *dict(branches)} - set(precedence)
        if missing:
            raise section.error("precedence", f"{min(missing)} is missing")
        return ValueTiers(
            x_yuan=x_yuan,
            y_yuan=y_yuan,
            amount_field=section.text("amount_field"),
            standing_field=section.text("standing_field"),
            branches=branches,
            precedence=precedence,
            spellings=spellings,
        ), labels


def _branches(
    section: Section,
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    branches: list[tuple[str, str]] = []
    spellings: dict[str, str] = {}
    with section:
        for standing in _STANDINGS:
            with section.section(standing) as branch:
                branches.append((standing, branch.one_of("tier", TIERS)))
                for name in branch.texts("names", default=()):
                    if spellings.setdefault(name.casefold(), standing) != standing:
                        raise branch.error("names", "names two standings")
    return tuple(branches), tuple(spellings.items())


def read_dimensions(
    entries: Mapping[str, Section], homes: Mapping[str, Sequence[Choice]]
) -> tuple[Dimension, ...]:
    """Return the dimensions; `homes` holds the choices of the core ones.

    The core three are demanded (R6) and take their choices from levels,
    industries and tiers, so that each fact has one home; another dimension
    lists its own and names the field that decides it (R37, R60).
    """
    for name in CORE_DIMENSIONS:
        if name not in entries:
            raise PolicyError(
                "dimensions.yaml", name, "a core dimension is missing (R6)"
            )
    return tuple(_dimension(name, entry, homes) for name, entry in entries.items())


def _dimension(
    name: str, entry: Section, homes: Mapping[str, Sequence[Choice]]
) -> Dimension:
    refuse_bad_code(entry, name)
    core = name in CORE_DIMENSIONS
    with entry as section:
        label = section.label()
        return Dimension(
            name=name,
            label_zh=label.zh,
            label_en=label.en,
            core=core,
            choices=tuple(homes[name]) if core else _own_choices(section),
            field=section.text("field") if section.has("field") or not core else None,
        )


def _own_choices(section: Section) -> tuple[Choice, ...]:
    with section.section("choices") as choices:
        if not choices.names():
            raise section.error("choices", "at least one choice is expected")
        return read_choices({code: choices.section(code) for code in choices.names()})
