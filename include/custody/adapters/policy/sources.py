"""One approved source: its paper, its file, its columns, its match keys (R18-R19)."""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from custody.adapters.policy.bundles import read_bundle
from custody.adapters.policy.classification import refuse_bad_code
from custody.adapters.policy.columns import (
    Mapped,
    listed_columns,
    mapped_columns,
    read_match_keys,
)
from custody.adapters.policy.layouts import read_layout
from custody.adapters.policy.section import Section
from custody.domain.facts import Requirement
from custody.domain.fields import Field
from custody.domain.policy import DEPARTMENTS
from custody.domain.sources import (
    Authorisation,
    Bundle,
    Channel,
    PartyRule,
    Source,
    SourceId,
)

FORBIDDEN_CHANNELS = frozenset(
    {
        *("crawler", "crawling", "scraper", "scraping", "purchase", "purchased"),
        *("black_market", "data_broker", "爬虫", "黑市", "购买", "黑市购买"),
    }
)
"""The informal channels that R19 names, as people write them."""

CONSENT = "consent"

LEGAL_BASES = (
    CONSENT,
    "contract",
    "legal_duty",
    "emergency",
    "public_interest",
    "disclosed",
    "other_law",
)
"""The grounds of PIPL 13, (1) to (7), in the order of the law."""

PARTY_FIELD = "party_type"
"""The field by which a row says whether it is a person or an organisation."""

_HOLD_OR_IGNORE = ("hold", "ignore")
_KEY = re.compile(r"[0-9a-f]{64}")
_REGION = re.compile(r"[A-Z]{2}")
_SUITE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SURNAMES_LIKE_PLACEHOLDERS = frozenset({"na"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a source may refer to: fields, industry codes, keys from outside."""

    fields: Mapping[str, Field]
    industries: frozenset[str]
    keys: Mapping[str, Sequence[str]]


def read_source(name: str, document: Section, known: Known) -> Source:
    """Return one source; PolicyError when any of its rules is broken."""
    refuse_bad_code(Section({}, file=document.file, key="-"), name)
    with document as section:
        label = section.label()
        enriches = section.flag("enriches", default=False)
        mapped, bundle = _columns(section, known, enriches=enriches)
        party = _party(section, mapped)
        person, field = _responsible(section, mapped)
        required, keys = _signature(section, name, known.keys)
        return Source(
            source_id=SourceId(name),
            label_zh=label.zh,
            label_en=label.en,
            channel=_channel(section),
            owner_department=section.one_of("owner_department", DEPARTMENTS),
            responsible_person=person,
            responsible_field=field,
            authorisation=_authorisation(section.section("authorisation")),
            signature_required=required,
            signing_keys=keys,
            layout=read_layout(section.section("layout")),
            columns=mapped.columns,
            unknown_columns=section.one_of("unknown_columns", _HOLD_OR_IGNORE),
            placeholders=_placeholders(section),
            match_keys=read_match_keys(section, mapped, party, enriches=enriches),
            party=party,
            consent_reference=_consent(section),
            purposes=_purposes(section),
            minors_allowed=section.flag("minors_allowed"),
            legal_basis=section.one_of("legal_basis", LEGAL_BASES),
            expected_by=_expected_by(section),
            phone_region=section.matching("phone_region", _REGION, "an ISO 3166 code"),
            default_industry=_default_industry(section, known),
            contact_requirement=_contact(section, mapped, enriches=enriches),
            suite=_suite(section),
            bundle=bundle,
            enriches=enriches,
        )


def _columns(
    section: Section, known: Known, *, enriches: bool
) -> tuple[Mapped, Bundle | None]:
    """Return the columns of the file, or of all files of a bundle."""
    filled: dict[str, Field] = {}
    columns = listed_columns(section, known.fields, filled)
    bundle = read_bundle(section, columns, known.fields, filled)
    if bundle is not None:
        columns += tuple(c for side in bundle.sides for c in side.filling)
    return mapped_columns(section, columns, filled, enriches=enriches), bundle


def _channel(section: Section) -> Channel:
    if section.text("channel").casefold() in FORBIDDEN_CHANNELS:
        raise section.error("channel", "crawlers and purchase are forbidden (R19)")
    return section.member("channel", Channel)


def _authorisation(entry: Section) -> Authorisation:
    with entry as section:
        paper = Authorisation(
            reference=section.text("reference"),
            valid_from=section.date("valid_from"),
            valid_until=section.date("valid_until"),
        )
        if paper.valid_until < paper.valid_from:
            raise section.error("valid_until", "must not be before valid_from")
        return paper


def _responsible(section: Section, mapped: Mapped) -> tuple[str | None, str | None]:
    with section.section("responsible") as entry:
        if entry.has("person") == entry.has("field"):
            raise section.error("responsible", "either person or field is named (R42)")
        if entry.has("person"):
            return entry.text("person"), None
        return None, entry.one_of("field", mapped.fields)


def _signature(
    section: Section, name: str, outside: Mapping[str, Sequence[str]]
) -> tuple[bool, tuple[str, ...]]:
    """Return whether a signature is demanded, and the keys that may sign.

    With `keys_from_home` and no key at hand every delivery is refused: an empty
    list of keys verifies nothing.
    """
    with section.section("signature") as entry:
        required = entry.flag("required")
        from_home = entry.flag("keys_from_home", default=False)
        keys = entry.texts("keys", default=())
        if name in outside and not from_home:
            raise entry.error("keys_from_home", "keys from outside are not allowed")
        keys += tuple(key for key in outside.get(name, ()) if key not in keys)
        if any(not _KEY.fullmatch(key) for key in keys):
            raise entry.error("keys", "64 lower-case hex digits are expected")
        if required and not keys and not from_home:
            raise entry.error("keys", "a demanded signature needs a key")
        return required, keys


def _placeholders(section: Section) -> tuple[str, ...]:
    words = section.texts("placeholders", default=())
    folded = {unicodedata.normalize("NFKC", word).strip().casefold() for word in words}
    if folded & _SURNAMES_LIKE_PLACEHOLDERS:
        raise section.error("placeholders", "NA is a surname, not a placeholder")
    return words


def _consent(section: Section) -> str:
    reference = section.text("consent_reference", "")
    if not reference and section.text("legal_basis") == CONSENT:
        raise section.error("consent_reference", "the basis is consent: name it")
    return reference


def _purposes(section: Section) -> tuple[str, ...]:
    purposes = section.texts("purposes")
    if not purposes:
        raise section.error("purposes", "at least one purpose is named (PIPL 6)")
    return purposes


def _default_industry(section: Section, known: Known) -> str | None:
    if not section.has("default_industry"):
        return None
    return section.one_of("default_industry", sorted(known.industries))


def _contact(section: Section, mapped: Mapped, *, enriches: bool) -> Requirement:
    usual = Requirement.OPTIONAL if enriches else Requirement.MANDATORY
    requirement = section.member("contact", Requirement, usual)
    if requirement is Requirement.MANDATORY and not mapped.has_contact:
        raise section.error("contact", "no column brings a contact (R24)")
    return requirement


def _party(section: Section, mapped: Mapped) -> PartyRule:
    party = section.member("party", PartyRule)
    if party is PartyRule.BY_FIELD and PARTY_FIELD not in mapped.fields:
        raise section.error("party", f"by_field needs a column for {PARTY_FIELD}")
    return party


def _expected_by(section: Section) -> dt.time | None:
    return section.time("expected_by") if section.has("expected_by") else None


def _suite(section: Section) -> str | None:
    if not section.has("suite"):
        return None
    return section.matching("suite", _SUITE, "a suite's name")
