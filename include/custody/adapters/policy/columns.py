"""A source's columns and the keys by which its customers are matched."""

from collections.abc import Mapping
from dataclasses import dataclass

from custody.adapters.policy.fields import PARTY_NAME_FIELD
from custody.adapters.policy.section import Section
from custody.domain.facts import Requirement
from custody.domain.fields import Field, Normaliser
from custody.domain.sources import PartyRule, SourceColumn

_JOINABLE = frozenset({Normaliser.TEXT, Normaliser.NAME})
SOURCE_ID_FIELD = "source_customer_id"
"""The field whose token is over (source, the source's id)."""

_SHARED = frozenset({Normaliser.PHONE, Normaliser.EMAIL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """The columns of a source, and the fields they fill, in file order."""

    columns: tuple[SourceColumn, ...]
    fields: Mapping[str, Field]

    @property
    def has_contact(self) -> bool:
        """Whether a field is filled by which the customer can be reached (R24)."""
        return any(field.contact for field in self.fields.values())


def listed_columns(
    section: Section, known: Mapping[str, Field], filled: dict[str, Field]
) -> tuple[SourceColumn, ...]:
    """Return the columns of one file; each fills a field or is ignored with a reason.

    The fields they fill are added to `filled`.
    """
    entries = section.items("columns")
    columns = tuple(_column(entry, known) for entry in entries)
    names: set[str] = set()
    for entry, column in zip(entries, columns, strict=True):
        if column.name.strip() in names:
            raise entry.error("column", "the column stands here twice")
        names.add(column.name.strip())
        if column.field is not None:
            _refuse_bad_join(entry, known[column.field], filled)
            filled[column.field] = known[column.field]
    return columns


def mapped_columns(
    section: Section,
    columns: tuple[SourceColumn, ...],
    filled: Mapping[str, Field],
    *,
    enriches: bool,
) -> Mapped:
    """Return the columns of all files; PolicyError when none must bring the name.

    A source that enriches need not: whom it speaks of is known already.
    """
    if not enriches and not any(
        column.field == PARTY_NAME_FIELD and column.requirement is Requirement.MANDATORY
        for column in columns
    ):
        raise section.error("columns", f"{PARTY_NAME_FIELD} must be mandatory (R24)")
    return Mapped(columns=columns, fields=filled)


def _column(entry: Section, known: Mapping[str, Field]) -> SourceColumn:
    with entry as section:
        name = section.text("column")
        if section.has("field") == section.has("ignore"):
            raise section.error("field", "either field, or ignore with its reason")
        if section.has("ignore"):
            section.text("ignore")
            return SourceColumn(name=name, field=None)
        return SourceColumn(
            name=name,
            field=section.one_of("field", known),
            requirement=section.member(
                "requirement", Requirement, Requirement.OPTIONAL
            ),
        )


def _refuse_bad_join(entry: Section, field: Field, filled: Mapping[str, Field]) -> None:
    if field.name in filled and field.normaliser not in _JOINABLE:
        raise entry.error("field", "only texts and names are joined of two columns")


def read_match_keys(
    section: Section, mapped: Mapped, party: PartyRule, *, enriches: bool
) -> tuple[tuple[str, ...], ...]:
    """Return the ordered keys by which a known customer is found again.

    Phones and e-mail addresses are shared and change hands, and people share
    names: such a key alone would merge two customers.  A customer id is one
    source's own, so it finds nobody whom another source brought.
    """
    keys = section.lists("match_keys")
    for position, key in enumerate(keys, start=1):
        place = f"match_keys.{position}"
        fields = [mapped.fields[name] for name in key if name in mapped.fields]
        if not key or len(fields) != len(key):
            raise section.error(place, "every field of a key is filled by a column")
        if not all(field.indexable for field in fields):
            raise section.error(place, "every field of a key is indexable")
        if all(field.normaliser in _SHARED for field in fields):
            raise section.error(place, "a phone or e-mail alone matches nobody")
        if enriches and SOURCE_ID_FIELD in key:
            raise section.error(place, "its own customer ids find nobody to enrich")
        if key == (PARTY_NAME_FIELD,) and party is not PartyRule.LEGAL:
            raise section.error(place, "a person's name alone matches nobody")
    if len(set(keys)) != len(keys):
        raise section.error("match_keys", "one key stands here twice")
    return keys
