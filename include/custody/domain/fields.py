"""What policy says of fields, levels and dimensions: frozen values.

Parsed from `include/policy/*.yaml` by the policy adapter; a new field, level
rule or dimension is YAML only (R5, R6, R37, R60).
"""

from dataclasses import dataclass
from enum import StrEnum

from custody.domain.kinds import Kind
from custody.domain.levels import Level


class Normaliser(StrEnum):
    """How a field's text is brought into one form before it is checked."""

    TEXT = "text"  # width folded, trimmed, inner runs of blanks joined
    NAME = "name"  # as text; its index form is case-folded
    PHONE = "phone"  # E.164 where it can be
    EMAIL = "email"  # lower-case domain
    DATE = "date"  # ISO 8601 date
    AMOUNT = "amount"  # plain decimal, no thousands separators or currency
    IDENTIFIER = "identifier"  # upper-case, no blanks, dots or hyphens
    CODE = "code"  # trimmed only


class Mask(StrEnum):
    """How a field is shown to those who may not open it (R30, R31, R75, R76)."""

    NONE = "none"  # the value itself: low fields only
    SURNAME = "surname"  # 张*
    PHONE = "phone"  # 138****1234
    EMAIL = "email"  # zh*@xx
    TAIL = "tail"  # ****1234
    HIDDEN = "hidden"  # ***
    PARTY_NAME = "party_name"  # a legal person's itself, a natural person's 张*


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the register (requirements, table of section 3).

    `kinds` are those that the field is expected to hold: its value is checked
    as the first of them; `values`, when not empty, is a closed set.
    `natural_person_level` replaces `level` when the party is a natural person.
    """

    name: str
    label_zh: str
    label_en: str
    level: Level
    normaliser: Normaliser = Normaliser.TEXT
    kinds: tuple[Kind, ...] = ()
    values: tuple[str, ...] = ()
    mask: Mask = Mask.HIDDEN
    indexable: bool = False
    free_text: bool = False
    contact: bool = False  # R24: phone, e-mail or postal address
    natural_person_level: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRule:
    """What a level means: storage (R14), access (R15), use (R16)."""

    level: Level
    label_zh: str
    label_en: str
    storage: str  # "sealed": the one storage method implemented, enforced
    suites: tuple[int, ...]  # sealing suites allowed, the first one writes
    access: tuple[str, ...]  # departments that may open
    leaves_company: bool  # R16: never true for medium or high


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value of a dimension, with its names and its prefix if it has one.

    `names` are further spellings by which sources call it.
    """

    code: str
    label_zh: str
    label_en: str
    prefix: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """A classification dimension (R6): a closed list of choices.

    `field` names the register field that decides it; `derived` marks the three
    core ones whose value rules compute.
    """

    name: str
    label_zh: str
    label_en: str
    core: bool
    choices: tuple[Choice, ...]
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Industry:
    """An industry pair such as 金融-银行 (R10, R35), after GB/T 4754.

    `section` is the letter of GB/T 4754; `prefix` starts customer numbers (R28);
    `names` are the spellings by which sources call it.
    """

    code: str
    section: str
    pair_zh: str
    pair_en: str
    prefix: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTiers:
    """Value tiers (R11-R13): thresholds in yuan a year, and the branches.

    `branches` maps a customer kind (strategic, ordinary, potential) to its tier;
    `precedence` lists which is asked first: "strategic", "amount", "ordinary",
    "potential".  `amount_field` names the field that holds the yearly amount.
    `spellings` maps what sources write (case-folded) to a branch.
    """

    x_yuan: int
    y_yuan: int
    amount_field: str
    standing_field: str
    branches: tuple[tuple[str, str], ...]
    precedence: tuple[str, ...]
    spellings: tuple[tuple[str, str], ...] = ()
