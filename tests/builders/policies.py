"""A small policy in code, for tests of rules that need one; invented."""

import datetime as dt
from zoneinfo import ZoneInfo

from custody.domain.facts import Requirement
from custody.domain.fields import (
    Field,
    Industry,
    LevelRule,
    Mask,
    Normaliser,
    ValueTiers,
)
from custody.domain.kinds import Kind
from custody.domain.levels import Level
from custody.domain.people import People, Person, Role
from custody.domain.policy import BackupRules, DestructionRules, Policy
from custody.domain.retention import Anchor, Period, RetentionSchedule, Scope, Span
from custody.domain.sources import (
    Authorisation,
    Channel,
    FileFormat,
    Layout,
    PartyRule,
    Source,
    SourceColumn,
    SourceId,
)
from custody.domain.suppression import SuppressionRules

UNKNOWN_INDUSTRY = Industry(
    code="unknown",
    section="-",
    pair_zh="未知-未知",
    pair_en="unknown-unknown",
    prefix="XX",
)
BANKING = Industry(
    code="finance.banking",
    section="J",
    pair_zh="金融-银行",
    pair_en="finance-bank",
    prefix="FI",
    names=("银行",),
)


def field(  # noqa: PLR0913 - a field's parts, all but two keyword-only
    name: str,
    level: Level = Level.LOW,
    *,
    kinds: tuple[Kind, ...] = (),
    normaliser: Normaliser = Normaliser.TEXT,
    mask: Mask = Mask.HIDDEN,
    indexable: bool = False,
    contact: bool = False,
    natural_person_level: Level | None = None,
    free_text: bool = False,
) -> Field:
    """Return a field of that name."""
    return Field(
        name=name,
        label_zh=name,
        label_en=name,
        level=level,
        kinds=kinds,
        normaliser=normaliser,
        mask=mask,
        indexable=indexable,
        contact=contact,
        natural_person_level=natural_person_level,
        free_text=free_text,
    )


def person(person_id: str, department: str, *roles: Role) -> Person:
    """Return a person of a department; a name is what others are shown."""
    return Person(
        person_id=person_id,
        name=person_id,
        department=department,
        roles=frozenset(roles),
    )


PEOPLE = People(
    (
        person("li", "sales", Role.SUBMITTER, Role.RESPONSIBLE),
        person("zhang", "sales", Role.DEPARTMENT_HEAD, Role.STEWARD),
        person("zhao", "legal", Role.LEGAL_REVIEWER, Role.AUDITOR),
        person("sun", "security", Role.SECURITY_REVIEWER),
        person("he", "security", Role.SECURITY_REVIEWER, Role.OPERATOR),
        person("qian", "executive_office", Role.EXECUTIVE),
    )
)
FIELDS = (
    field(
        "customer_name",
        normaliser=Normaliser.NAME,
        mask=Mask.PARTY_NAME,
        indexable=True,
        natural_person_level=Level.MEDIUM,
    ),
    field(
        "phone",
        Level.MEDIUM,
        kinds=(Kind.PHONE,),
        normaliser=Normaliser.PHONE,
        mask=Mask.PHONE,
        indexable=True,
        contact=True,
    ),
    field(
        "resident_id",
        Level.HIGH,
        kinds=(Kind.RESIDENT_ID,),
        normaliser=Normaliser.IDENTIFIER,
        indexable=True,
    ),
    field("preference", mask=Mask.NONE),
    field("remark", free_text=True),
)


def source(
    source_id: str = "website",
    *,
    columns: tuple[SourceColumn, ...] | None = None,
    match_keys: tuple[tuple[str, ...], ...] = (("resident_id",),),
    party: PartyRule = PartyRule.NATURAL,
    expected_by: dt.time | None = None,
    signing_keys: tuple[str, ...] = (),
) -> Source:
    """Return an approved source that delivers every field of FIELDS."""
    return Source(
        source_id=SourceId(source_id),
        label_zh=source_id,
        label_en=source_id,
        channel=Channel.WEBSITE_FORM,
        owner_department="sales",
        responsible_person="客户经理-王*",
        responsible_field=None,
        authorisation=Authorisation(
            reference="INVENTED-1",
            valid_from=dt.date(2026, 1, 1),
            valid_until=dt.date(2027, 12, 31),
        ),
        signature_required=bool(signing_keys),
        signing_keys=signing_keys,
        layout=Layout(format=FileFormat.JSONL),
        columns=columns
        or tuple(
            SourceColumn(
                name=one.name,
                field=one.name,
                requirement=(
                    Requirement.MANDATORY
                    if one.name == "customer_name"
                    else Requirement.OPTIONAL
                ),
            )
            for one in FIELDS
        ),
        unknown_columns="hold",
        placeholders=("无", "N/A", "-"),
        match_keys=match_keys,
        party=party,
        consent_reference="INVENTED-CONSENT-1",
        purposes=("service",),
        minors_allowed=False,
        legal_basis="PIPL 13(1)(1)",
        expected_by=expected_by,
        phone_region="CN",
        default_industry=None,
    )


def policy_of(*sources: Source, fields: tuple[Field, ...] = FIELDS) -> Policy:
    """Return a policy with these sources and fields."""
    return Policy(
        dataset="customers",
        time_zone=ZoneInfo("Asia/Shanghai"),
        quarantine_days=30,
        incomplete_days=7,
        number_width=6,
        max_landed_bytes=10_000_000,
        sources=sources,
        fields=fields,
        levels=tuple(
            LevelRule(
                level=level,
                label_zh=level.value,
                label_en=level.value,
                storage="sealed",
                suites=(1,),
                access=("legal", "security"),
                leaves_company=False,
            )
            for level in Level
        ),
        dimensions=(),
        industries=(BANKING,),
        unknown_industry=UNKNOWN_INDUSTRY,
        tiers=ValueTiers(
            x_yuan=1_000_000,
            y_yuan=100_000,
            amount_field="yearly_amount",
            standing_field="standing",
            branches=(
                ("strategic", "high"),
                ("ordinary", "medium"),
                ("potential", "low"),
            ),
            precedence=("strategic", "amount", "ordinary", "potential"),
        ),
        customer_types=(),
        retention=three_years(),
        backup=BackupRules(keep_days=1_096, keep_at_least=3),
        destruction=DestructionRules(
            max_customers=100, max_percent=50, valid_days=14, snapshot_days=35
        ),
        suppression=SuppressionRules(
            keep=Span(years=3), legal_basis="an invented basis"
        ),
        people=PEOPLE,
        roles=(),
        digest="33" * 32,
    )


def three_years() -> RetentionSchedule:
    """Return a schedule that keeps everything for three years."""
    period = Period(
        rule_id="standard",
        scope=Scope(),
        anchor=Anchor.DEREGISTRATION,
        span=Span(years=3),
        superseded=Span(years=1),
        legal_basis="invented",
    )
    return RetentionSchedule(periods=(period,))


def policy_with(*source_ids: str) -> Policy:
    """Return a policy with plain sources of these ids."""
    return policy_of(*(source(source_id) for source_id in source_ids))
