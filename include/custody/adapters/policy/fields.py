"""The fields of the register, their levels and masks (R7-R9, R21-R23, R29-R31)."""

from collections.abc import Iterable, Mapping

from custody.adapters.policy.classification import refuse_bad_code
from custody.adapters.policy.section import Section
from custody.domain.fields import Choice, Field, Mask, Normaliser
from custody.domain.kinds import LEVEL_OF_KIND, Kind
from custody.domain.levels import Level, highest
from custody.errors import PolicyError

PARTY_NAME_FIELD = "customer_name"
"""The field that names the customer: R24 and R29 speak of it."""

_TAKEN = frozenset({"row", "handle", "contact", "record"})
"""Column names of the frames that carry facts beside the fields."""


def read_fields(
    entries: Mapping[str, Section], sets: Mapping[str, Iterable[Choice]]
) -> tuple[Field, ...]:
    """Return the fields; `sets` are the closed lists that `values_of` may name."""
    fields = tuple(_field(name, entry, sets) for name, entry in entries.items())
    if not any(field.name == PARTY_NAME_FIELD for field in fields):
        raise PolicyError("fields.yaml", PARTY_NAME_FIELD, "is missing (R24)")
    if not any(field.contact for field in fields):
        raise PolicyError("fields.yaml", "-", "no field has contact: true (R24)")
    return fields


def _field(name: str, entry: Section, sets: Mapping[str, Iterable[Choice]]) -> Field:
    refuse_bad_code(entry, name)
    if name in _TAKEN or "__" in name:
        raise PolicyError(entry.file, name, "the name is taken by Custody itself")
    with entry as section:
        label = section.label()
        field = Field(
            name=name,
            label_zh=label.zh,
            label_en=label.en,
            level=section.member("level", Level),
            normaliser=section.member("normaliser", Normaliser, Normaliser.TEXT),
            kinds=tuple(
                Kind(kind) for kind in section.words("kinds", Kind, default=())
            ),
            values=_values(section, sets),
            mask=section.member("mask", Mask, Mask.HIDDEN),
            indexable=section.flag("indexable", default=False),
            free_text=section.flag("free_text", default=False),
            contact=section.flag("contact", default=False),
            natural_person_level=section.member("natural_person_level", Level)
            if section.has("natural_person_level")
            else None,
        )
        _refuse_low_level(field, section)
        _refuse_showing_mask(field, section)
        if field.free_text and field.indexable:
            raise section.error("indexable", "free text is not indexed")
    return field


def _values(section: Section, sets: Mapping[str, Iterable[Choice]]) -> tuple[str, ...]:
    """Return a closed set: written out, or every spelling of a list of policy."""
    if not section.has("values_of"):
        return section.texts("values", default=())
    if section.has("values"):
        raise section.error("values_of", "either values or values_of, not both")
    choices = sets[section.one_of("values_of", sets)]
    spellings = (
        spelling
        for choice in choices
        for spelling in (choice.code, choice.label_zh, choice.label_en, *choice.names)
    )
    return tuple(dict.fromkeys(spellings))


def _refuse_low_level(field: Field, section: Section) -> None:
    """Refuse a field less sensitive than the kinds it is declared to hold.

    Identity documents and cards are high (R7, R21), contact details medium (R8,
    R22).  A field whose level rises for natural persons counts with that.
    """
    raised = field.natural_person_level
    if raised is not None and raised.rank <= field.level.rank:
        raise section.error("natural_person_level", "must be above level")
    reached = highest((field.level, raised or field.level))
    needed = highest(LEVEL_OF_KIND[kind] for kind in field.kinds)
    if reached.rank < needed.rank:
        raise section.error("level", f"these kinds are {needed} (R21-R23)")


def _refuse_showing_mask(field: Field, section: Section) -> None:
    """Refuse a mask that shows more than a low field may show (R9, R29)."""
    shows = field.mask in {Mask.NONE, Mask.PARTY_NAME}
    if shows and field.level is not Level.LOW:
        raise section.error("mask", "only a low field is shown as it is (R9)")
    if field.mask is Mask.NONE and field.natural_person_level is not None:
        raise section.error("mask", "a natural person's value needs a mask (R8)")
    if field.mask is Mask.PARTY_NAME and field.natural_person_level is None:
        raise section.error(
            "natural_person_level", "a natural person's name is medium (R8)"
        )
