"""`load_policy`: the policy directories become one frozen, checked value.

Each document is read by the module that knows it; here they are read in the
order in which they lean on one another, and what spans two is proven.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from custody.adapters.policy.classification import (
    UNKNOWN_INDUSTRY,
    read_choices,
    read_dimensions,
    read_industries,
    read_levels,
    read_tiers,
)
from custody.adapters.policy.documents import Documents, policy_digest, policy_files
from custody.adapters.policy.fields import read_fields
from custody.adapters.policy.people import read_people
from custody.adapters.policy.retention import read_retention
from custody.adapters.policy.settings import read_roles, read_settings
from custody.adapters.policy.sources import Known, read_source
from custody.domain.fields import (
    Choice,
    Dimension,
    Field,
    Industry,
    LevelRule,
    ValueTiers,
)
from custody.domain.policy import Policy
from custody.domain.sources import Source
from custody.errors import PolicyError

NO_KEYS: Mapping[str, Sequence[str]] = {}


def load_policy(
    *directories: Path, extra_signing_keys: Mapping[str, Sequence[str]] = NO_KEYS
) -> Policy:
    """Return the policy of the directories; a later one adds to the earlier.

    `extra_signing_keys` maps a source to Ed25519 public keys (hex) that lie
    outside the policy files; only a source whose policy says
    `signature.keys_from_home: true` takes them.  PolicyError names file and key
    of the first fault.
    """
    files = policy_files(directories)
    documents = Documents(files)
    settings = read_settings(documents.whole("settings"))
    words = _words(documents)
    return Policy(
        dataset=settings.dataset,
        time_zone=settings.time_zone,
        quarantine_days=settings.quarantine_days,
        incomplete_days=settings.incomplete_days,
        number_width=settings.number_width,
        max_landed_bytes=settings.max_landed_bytes,
        sources=_sources(documents, words, extra_signing_keys),
        fields=words.fields,
        levels=words.levels,
        dimensions=words.dimensions,
        industries=words.industries,
        unknown_industry=words.unknown_industry,
        tiers=words.tiers,
        customer_types=words.customer_types,
        retention=read_retention(
            documents.entries["retention"], words.industries, words.customer_types
        ),
        destruction=settings.destruction,
        backup=settings.backup,
        suppression=settings.suppression,
        people=read_people(documents.entries["people"]),
        roles=read_roles(documents.entries["access"]),
        digest=policy_digest(files),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The vocabulary on which sources lean."""

    levels: tuple[LevelRule, ...]
    industries: tuple[Industry, ...]
    tiers: ValueTiers
    customer_types: tuple[Choice, ...]
    dimensions: tuple[Dimension, ...]
    fields: tuple[Field, ...]

    @property
    def unknown_industry(self) -> Industry:
        """The industry of whom nobody knows it."""
        return next(i for i in self.industries if i.code == UNKNOWN_INDUSTRY)


def _words(documents: Documents) -> _Words:
    entries = documents.entries
    levels = read_levels(entries["levels"])
    industries = read_industries(entries["industries"])
    tiers, tier_choices = read_tiers(documents.whole("tiers"))
    customer_types = read_choices(entries["customer_types"])
    homes = {
        "sensitivity": _level_choices(levels),
        "industry": _industry_choices(industries),
        "value": tier_choices,
    }
    dimensions = read_dimensions(entries["dimensions"], homes)
    sets = {
        "customer_types": customer_types,
        "standing": _standing_choices(tiers),
        **{each.name: each.choices for each in dimensions if not each.core},
    }
    fields = read_fields(entries["fields"], sets)
    _refuse_unknown_fields(fields, dimensions, tiers)
    return _Words(
        levels=levels,
        industries=industries,
        tiers=tiers,
        customer_types=customer_types,
        dimensions=dimensions,
        fields=fields,
    )


def _sources(
    documents: Documents, words: _Words, keys: Mapping[str, Sequence[str]]
) -> tuple[Source, ...]:
    for name in keys:
        if name not in documents.sources:
            raise PolicyError("extra_signing_keys", name, "is not an approved source")
    known = Known(
        fields={field.name: field for field in words.fields},
        industries=frozenset(industry.code for industry in words.industries),
        keys=keys,
    )
    return tuple(
        read_source(name, section, known)
        for name, section in sorted(documents.sources.items())
    )


def _level_choices(levels: Sequence[LevelRule]) -> tuple[Choice, ...]:
    return tuple(
        Choice(code=rule.level, label_zh=rule.label_zh, label_en=rule.label_en)
        for rule in levels
    )


def _industry_choices(industries: Sequence[Industry]) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            code=industry.code,
            label_zh=industry.pair_zh,
            label_en=industry.pair_en,
            prefix=industry.prefix,
            names=industry.names,
        )
        for industry in industries
    )


def _standing_choices(tiers: ValueTiers) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            code=branch,
            label_zh=branch,
            label_en=branch,
            names=tuple(name for name, of in tiers.spellings if of == branch),
        )
        for branch, _ in tiers.branches
    )


def _refuse_unknown_fields(
    fields: Sequence[Field], dimensions: Sequence[Dimension], tiers: ValueTiers
) -> None:
    names = {field.name for field in fields}
    for dimension in dimensions:
        if dimension.field is not None and dimension.field not in names:
            key = f"{dimension.name}.field"
            raise PolicyError("dimensions.yaml", key, "is not a field of fields.yaml")
    for key in ("amount_field", "standing_field"):
        if getattr(tiers, key) not in names:
            raise PolicyError("tiers.yaml", key, "is not a field of fields.yaml")
