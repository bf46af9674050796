"""What policy may not say is refused, by file and dotted key, without a value."""

from pathlib import Path

import pytest

from custody.adapters.policy import load_policy
from custody.errors import PolicyError
from tests.builders.policy_files import POLICY, changed_policy, overlay

KEEP = "retention.yaml"
WEB, BANK, FORM = (
    f"sources/{name}.yaml" for name in ("website", "partner_bank", "customer_form")
)

# file, what it says, what it is made to say, the key that is named, the problem
FAULTS: list[tuple[str, str, str, str | None, str]] = [
    # --- unknown, missing, of another type
    (WEB, "phone_region: CN", "phone_regoin: CN", "phone_region", "is missing"),
    (WEB, "expected_by: 18:00", "expect_by: 18:00", "expect_by", "not a key"),
    (WEB, "party: by_field", "party: by_field\n<<: {}", "-", "not a plain word"),
    (
        "fields.yaml",
        "mask: party_name",
        "msak: none",
        "customer_name.msak",
        "not a key",
    ),
    ("settings.yaml", "quarantine_days: 30", "", "quarantine_days", "is missing"),
    ("settings.yaml", ": 30 ", ": 0123 ", "quarantine_days", "whole number"),
    ("settings.yaml", ": 30 ", ": 1:30 ", "quarantine_days", "whole number"),
    ("settings.yaml", ": 30 ", ": 366 ", "quarantine_days", "from 1 to 365"),
    ("settings.yaml", "s: 7 ", "s: 0 ", "incomplete_days", "from 1"),
    ("settings.yaml", ": 6 ", f": {'9' * 5000} ", "number_width", "whole number"),
    ("settings.yaml", "customers ", "Customers ", "dataset", "lower-case word"),
    ("settings.yaml", "Asia/Shanghai", "Asia/Nowhere", "time_zone", "time zone"),
    ("settings.yaml", "Asia/Shanghai", "../etc/x", "time_zone", "time zone"),
    ("settings.yaml", "Asia/Shanghai", "[Asia]", "time_zone", "one text"),
    (WEB, "minors_allowed: false", "minors_allowed: no", "minors_allowed", "true or"),
    (WEB, "expected_by: 18:00", "expected_by: 25:00", "expected_by", "a time such as"),
    (
        WEB,
        "valid_from: 2024-01-01",
        "valid_from: 1",
        "authorisation.valid_from",
        "date",
    ),
    (WEB, "01-01", "02-30", "authorisation.valid_from", "a date such as"),
    (WEB, "label: {zh: 官网表单, en: Website form}", "label: x", "label", "a mapping"),
    (WEB, "en: Website form", "fr: x", "label.en", "is missing"),
    (WEB, "en: Website form", 'en: " "', "label.en", "the text is empty"),
    (WEB, "purposes: [", "purposes: x # [", "purposes", "a list is expected"),
    (WEB, "purposes: [", "purposes: [[x], ", "purposes", "a list of texts"),
    (WEB, "purposes: [", "purposes: [x, x, ", "purposes", "stands here twice"),
    (WEB, "purposes: [", "purposes: [] # ", "purposes", "at least one purpose"),
    (FORM, "  - [uscc]\n  - [customer_name]", "  []", "match_keys", "list of lists"),
    # --- YAML that says something else than it seems to
    (WEB, "party: by_field", "party: by_field\nparty: legal", "party", "twice"),
    (WEB, "en: Website form", "en: ~", "label.en", "has no value"),
    (WEB, "en: Website form", "en: ", "label.en", "has no value"),
    (WEB, "party: by_field", "party: !!python/name:os.system x", "party", "tags"),
    (WEB, "party: by_field", "party: !mine x", "party", "tags are not used"),
    (WEB, "party: by_field", "? [a]\n: b", "-", "keys are plain words"),
    (WEB, "party: by_field", '"a b": x', "-", "is not a plain word"),
    (WEB, "zh: 官网表单, en: Website form", "zh: &a x, en: *a", "label.en", "aliases"),
    (WEB, "party: by_field", "party: " + "[" * 13 + "]" * 13, None, "too deep"),
    (WEB, "party: by_field", "party: [", "-", "this is not YAML at line"),
    (WEB, "party: by_field", "party: \x07", "-", "this is not YAML"),
    (WEB, "party: by_field", "--- {}", "-", "this is not YAML"),
    # --- dimensions, levels, industries, tiers
    ("dimensions.yaml", "value:\n", "worth:\n  field: region\n", "value", "core"),
    ("dimensions.yaml", "field: region", "field: gone", "region.field", "not a field"),
    ("dimensions.yaml", "\nregion:", "\nRegion:", "Region", "lower-case word"),
    (
        "levels.yaml",
        "storage: sealed",
        "storage: plain",
        "high.storage",
        "one of sealed",
    ),
    ("levels.yaml", "leaves_company: false", "leaves_company: true", None, "R16"),
    ("levels.yaml", "suites: [1]", "suites: [2, 1]", "high.suites", "suite 1 writes"),
    ("levels.yaml", "suites: [1]", "suites: []", "high.suites", "suite 1 writes"),
    ("levels.yaml", "suites: [1]", "suites: [3]", "high.suites", "only 1, 2"),
    ("levels.yaml", "[legal, security]", "[]", "high.access", "at least one"),
    ("levels.yaml", "[legal, security]", "[ops]", "high.access", "only sales"),
    ("levels.yaml", "medium:", "middle:", "medium", "every level has a rule"),
    ("levels.yaml", "high:", "top: {}\nhigh:", "top", "high, medium or low"),
    ("industries.yaml", "\nunknown:", "\nblank:\n  section: A", "unknown", "missing"),
    ("industries.yaml", "section: A", "section: Z", None, "GB/T 4754"),
    ("industries.yaml", "prefix: AG", "prefix: ag", None, "two capital letters"),
    ("industries.yaml", "zh: 农业-种植", "zh: 农业", None, "two parts"),
    ("industries.yaml", "农业-畜牧", "农业-种植", "-", "names both agriculture_crops"),
    ("tiers.yaml", "y_yuan: 100_000", "y_yuan: 1_000_000", "y_yuan", "below x_yuan"),
    ("tiers.yaml", "y_yuan: 100_000", "y_yuan: 0", "y_yuan", "whole number"),
    ("tiers.yaml", "amount, ordinary", "ordinary", "precedence", "amount is missing"),
    ("tiers.yaml", "[strategic, a", "[vip, strategic, a", "precedence", "only amount"),
    ("tiers.yaml", "战略, ", "普通, ", None, "names two standings"),
    ("tiers.yaml", "yearly_amount ", "gone ", "amount_field", "not a field"),
    ("tiers.yaml", "tier: high", "tier: top", "branches.strategic.tier", "one of high"),
    # --- fields
    ("fields.yaml", "customer_name:", "name:", "customer_name", "R24"),
    ("fields.yaml", "phone:\n", "row:\n", "row", "taken by Custody"),
    ("fields.yaml", "phone:\n", "a__b:\n", "a__b", "taken by Custody"),
    ("fields.yaml", "phone:\n", "Phone:\n", "Phone", "lower-case word"),
    ("fields.yaml", "kinds: [resident_id]", "kinds: [id]", None, "only resident_id"),
    ("fields.yaml", "level: high", "level: medium", "resident_id.level", "are high"),
    ("fields.yaml", "level: medium\n  normaliser: phone", "level: low", None, "medium"),
    (
        *("fields.yaml", "natural_person_level: medium", "natural_person_level: low"),
        *("customer_name.natural_person_level", "above level"),
    ),
    ("fields.yaml", "mask: party_name", "mask: none", "customer_name.mask", "needs a"),
    (
        *("fields.yaml", "kinds: [phone]\n  mask: phone", "mask: none"),
        *("phone.mask", "only a low field"),
    ),
    (
        *("fields.yaml", "mask: tail", "mask: party_name"),
        *("source_customer_id.natural_person_level", "is medium"),
    ),
    (
        "fields.yaml",
        "free_text: true",
        "free_text: true\n  indexable: true",
        None,
        "not",
    ),
    (
        "fields.yaml",
        "values_of: region",
        "values_of: gone",
        "region.values_of",
        "one of",
    ),
    (
        *("fields.yaml", "values_of: region", "values_of: region\n  values: [a]"),
        *("region.values_of", "not both"),
    ),
    # --- retention and roles
    (KEEP, "legal_basis:", "basis:", "standard.legal_basis", "is missing"),
    (KEEP, "anchor: dereg", "anchor: whim-dereg", "standard.anchor", "one of"),
    (KEEP, "years: 3", "years: -1", "standard.keep.years", "whole number"),
    (KEEP, "keep: {years: 3}", "keep: {}", "standard.keep", "years, months or days"),
    (KEEP, "keep: {years: 3}", "keep: {weeks: 3}", "standard.keep.weeks", "not a key"),
    (KEEP, "kind: period", "kind: whim", "standard.kind", "one of period"),
    (KEEP, "sections: [J]", "sections: [Z]", "financial.sections", "only A"),
    (KEEP, "kind: period", "kind: floor", "standard.superseded", "not a key"),
    (KEEP, "standard:", "Standard:", "Standard", "lower-case"),
    # the floor of a financial institution (AML Law 34)
    (KEEP, "keep: {years: 10}", "keep: {years: 3}", "financial", "floor aml_identity"),
    (KEEP, "keep: {years: 3}", "keep: {years: 16}", "standard", "ceiling necessity"),
    (KEEP, "keep: {years: 15}", "keep: {years: 9}", "financial", "ceiling necessity"),
    (KEEP, "sections: [J]", "levels: [high]", None, "floor aml_identity"),
    (KEEP, "  kind: period", "  kind: period\n  levels: [low]", "-", "no period"),
    ("access.yaml", "admin:", "root:", "admin", "is missing"),
    (
        "access.yaml",
        "- pages.read",
        "- pages.fly",
        "admin.permissions",
        "only pages.read",
    ),
    # --- sources
    (WEB, "party: by_field", "party: by_field\nenriches: maybe", "enriches", "true or"),
    (
        *(WEB, "party: by_field", "party: by_field\nenriches: true"),
        *("match_keys.2", "find nobody to enrich"),
    ),
    (WEB, "channel: website_form", "channel: crawler", "channel", "R19"),
    (WEB, "channel: website_form", "channel: 黑市", "channel", "R19"),
    (WEB, "channel: website_form", "channel: fax", "channel", "one of website_form"),
    (WEB, "owner_department: sales", "owner_department: x", "owner_department", "one"),
    (WEB, "2035-12-31", "2023-12-31", "authorisation.valid_until", "before valid_from"),
    (WEB, "{person: 客户经理-王*}", "{}", "responsible", "R42"),
    (WEB, "{person: 客户经理-王*}", "{field: remark, person: x}", "responsible", "R42"),
    (WEB, "{person: 客户经理-王*}", "{field: x}", "responsible.field", "one of"),
    (WEB, "{required: false}", "{required: true}", "signature.keys", "needs a key"),
    (WEB, "{required: false}", "{required: true, keys: [x]}", None, "64 lower-case"),
    (WEB, "format: jsonl", "format: xml", "layout.format", "one of jsonl, csv, xlsx"),
    (WEB, "format: jsonl", "format: jsonl, sheet: x", "layout.sheet", "not a key"),
    (WEB, "format: jsonl", "format: jsonl, encoding: gbk", "layout.encoding", "utf-8"),
    (BANK, "encoding: utf-8", "encoding: rot13", "layout.encoding", "one of utf-8"),
    (BANK, 'delimiter: ","', 'delimiter: ""', "layout.delimiter", "1 to 8"),
    (BANK, 'delimiter: ","', "delimiter: '\"'", "layout.delimiter", "1 to 8"),
    (BANK, 'delimiter: ","', 'row_end: "&|"', "layout.row_end", "quoting: none"),
    (
        BANK,
        'delimiter: ","',
        'delimiter: "|", quoting: none, row_end: "&|"',
        "layout.row_end",
        "hold one another",
    ),
    (BANK, 'delimiter: ","', "skip_lines: 1001", "layout.skip_lines", "0 to 1000"),
    (WEB, ", field: phone}", ", field: fone}", "columns.4.field", "one of"),
    (WEB, ", field: phone}", "}", "columns.4.field", "either field, or ignore"),
    (WEB, ", field: phone}", ", field: phone, ignore: x}", "columns.4.field", "either"),
    (WEB, "column: email", "column: phone", "columns.5.column", "twice"),
    (WEB, "column: email", 'column: " phone"', "columns.5.column", "twice"),
    (WEB, "email, field: email", "email, field: phone", "columns.5.field", "joined"),
    (WEB, "columns:", "columns: []\ncolums:", "columns", "list of mappings"),
    (WEB, "name, requirement: mandatory", "name", "columns", "R24"),
    (WEB, "unknown_columns: hold", "unknown_columns: drop", "unknown_columns", "hold"),
    (WEB, "[resident_id]", "[passport]", "match_keys.1", "filled by a column"),
    (WEB, "[resident_id]", "[remark]", "match_keys.1", "is indexable"),
    (WEB, "[resident_id]", "[phone]", "match_keys.1", "alone matches nobody"),
    (WEB, "[resident_id]", "[email, phone]", "match_keys.1", "alone matches nobody"),
    (WEB, "[resident_id]", "[customer_name]", "match_keys.1", "alone matches nobody"),
    (WEB, "[resident_id]", "[]", "match_keys.1", "filled by a column"),
    (WEB, "[resident_id]", "[source_customer_id]", "match_keys", "twice"),
    (WEB, "field: party_type", "field: city", "party", "by_field needs"),
    (WEB, "n/a, ", "NA, ", "placeholders", "NA is a surname"),
    (WEB, "n/a, ", "ｎａ, ", "placeholders", "NA is a surname"),
    (WEB, "consent_reference: WEB", "# ", "consent_reference", "the basis is consent"),
    (
        WEB,
        "legal_basis: consent",
        "legal_basis: habit",
        "legal_basis",
        "one of consent",
    ),
    (WEB, "phone_region: CN", "phone_region: cn", "phone_region", "ISO 3166"),
    (WEB, "phone_region: CN", "phone_region: CN\nsuite: ../x", "suite", "suite's name"),
    (BANK, "industry: unknown", "industry: x", "default_industry", "one of"),
]


@pytest.mark.parametrize(("file", "old", "new", "key", "problem"), FAULTS)
def test_a_fault_is_refused_by_file_and_key(
    tmp_path: Path, file: str, old: str, new: str, key: str | None, problem: str
) -> None:
    """Every rule that policy must keep has its refusal."""
    policy = changed_policy(tmp_path, file, old, new)

    with pytest.raises(PolicyError) as caught:
        load_policy(policy)

    assert caught.value.file in {f"policy/{file}", Path(file).name}
    assert problem in caught.value.problem
    assert key in {None, caught.value.key}


def test_no_role_but_admin_may_mark_a_task(tmp_path: Path) -> None:
    """Marking a task done would forge an approval (threat: edited state)."""
    extra = overlay(
        tmp_path, access="operator: {permissions: [pages.read, task_instances.mark]}"
    )

    with pytest.raises(PolicyError, match=r"task_instances\.mark is for admin only"):
        load_policy(POLICY, extra)


def test_some_field_reaches_the_customer(tmp_path: Path) -> None:
    """R24: without any contact field completeness could not be asked for."""
    policy = changed_policy(tmp_path, "fields.yaml", "contact: true", "", every=True)

    with pytest.raises(PolicyError, match="no field has contact"):
        load_policy(policy)


def test_a_mandatory_contact_needs_a_column(tmp_path: Path) -> None:
    """R24: a source that brings no contact says so."""
    policy = changed_policy(tmp_path, WEB, "field: phone", "ignore: x")
    path = policy / WEB
    text = path.read_text(encoding="utf-8")
    text = text.replace("field: email", "ignore: x")
    path.write_text(text.replace("field: postal_address", "ignore: x"), "utf-8")

    with pytest.raises(PolicyError, match="contact: no column brings a contact"):
        load_policy(policy)


def test_a_dimension_of_ones_own_has_a_choice(tmp_path: Path) -> None:
    """A closed list without a choice would refuse every value."""
    text = "extra:\n  label: {zh: 甲, en: A}\n  field: region\n  choices: {}\n"

    with pytest.raises(PolicyError, match=r"extra\.choices: at least one"):
        load_policy(POLICY, overlay(tmp_path, dimensions=text))


@pytest.mark.parametrize(
    "name", ["setings.yaml", "settings.yml", "other/x.yaml", "sources/website.yml"]
)
def test_a_misspelt_file_is_not_silently_without_effect(
    tmp_path: Path, name: str
) -> None:
    """A YAML file that nobody reads is a rule that nobody keeps."""
    policy = changed_policy(tmp_path, "levels.yaml", "high", "high")
    (policy / name).parent.mkdir(exist_ok=True)
    (policy / name).write_text("{}", encoding="utf-8")

    with pytest.raises(PolicyError, match="is not the name of a policy file"):
        load_policy(policy)


def test_a_bad_source_name_is_refused(tmp_path: Path) -> None:
    """The name becomes part of a DAG's id and of a path."""
    with pytest.raises(PolicyError, match="a lower-case word is expected"):
        load_policy(POLICY, overlay(tmp_path, **{"sources__Web Site": "{}"}))


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    """An empty overlay file is welcome; an empty source is not."""
    extra = overlay(tmp_path, fields="# nothing yet\n")

    assert load_policy(POLICY, extra).fields == load_policy(POLICY).fields

    with pytest.raises(PolicyError, match="label: is missing"):
        load_policy(POLICY, overlay(tmp_path, sources__blank=""))


def test_a_policy_is_a_directory_with_its_documents(tmp_path: Path) -> None:
    """Neither a missing directory nor an empty one passes for a policy."""
    with pytest.raises(PolicyError, match="no such policy directory"):
        load_policy(tmp_path / "gone")
    with pytest.raises(PolicyError, match=r"settings\.yaml: -: the file is missing"):
        load_policy(tmp_path)


def test_a_file_is_utf_8(tmp_path: Path) -> None:
    """A policy file of another encoding is named, not guessed at."""
    policy = changed_policy(tmp_path, "levels.yaml", "high", "high")
    (policy / "levels.yaml").write_bytes("高".encode("gb18030"))

    with pytest.raises(PolicyError, match=r"policy/levels\.yaml: -: .* not UTF-8"):
        load_policy(policy)


def test_a_message_never_quotes_what_it_found(tmp_path: Path) -> None:
    """A policy names people; an error goes into logs."""
    policy = changed_policy(
        tmp_path, WEB, "{person: 客户经理-王*}", "{field: Canary-Person-77}"
    )

    with pytest.raises(PolicyError) as caught:
        load_policy(policy)

    assert "Canary" not in str(caught.value)
    assert caught.value.__context__ is None
