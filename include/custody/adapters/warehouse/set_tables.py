"""The tables of a set, column by column, each after those that it refers to.

No name, mask, remark, fact, index token or salt is among them: names and masks are
made again from sealed values, tokens under a new index key (design section 4).
"""

from custody.application.ports.backup import TableOf

_INTAKE = (
    TableOf(
        "intake.delivery",
        (
            *("delivery_id", "source_id", "business_date", "sequence", "state"),
            *("manifest_digest", "files", "rows_read", "loaded", "unchanged"),
            *("pending", "quarantined", "refused", "held", "reasons"),
            *("policy_digest", "received_at", "exported_at", "erased_at", "released"),
        ),
    ),
    TableOf("intake.delivery_file", ("delivery_id", "sha256", "name", "size", "rows")),
    TableOf(
        "intake.row_outcome", ("delivery_id", "row", "outcome", "reasons", "handle")
    ),
    TableOf(
        "intake.staged_row",
        (
            *("delivery_id", "row", "handle", "level", "tier", "verdict", "reasons"),
            *("industry", "prefix", "customer_type", "party", "responsible"),
            "classes",
        ),
    ),
)
_REGISTER = (
    TableOf(
        "register.customer",
        ("number", "prefix", "year", "serial", "first_delivery", "created_at"),
    ),
    TableOf("register.serial", ("prefix", "year", "last")),
    TableOf(
        "register.record_version",
        (
            *("handle", "number", "version", "delivery_id", "row", "level", "tier"),
            *("industry", "customer_type", "party", "responsible", "classes"),
            *("state", "business_date", "loaded_at", "part"),
        ),
    ),
    TableOf(
        "register.standing", ("number", "level", "state", "since", "restricted_at")
    ),
    TableOf("register.raised", ("handle", "level", "restricted_at")),
    TableOf(
        "register.suppression",
        ("match_key", "token", "destroyed_on", "expires_on", "legal_basis"),
    ),
)
_WAITING = (
    TableOf("intake.match_candidate", ("delivery_id", "row", "number", "fields")),
    TableOf(
        "intake.pinned_row",
        (
            *("delivery_id", "row", "number", "part", "former", "business_date"),
            *("policy_digest", "reason"),
        ),
    ),
    TableOf(
        "intake.supplement_request",
        (
            *("id", "delivery_id", "handle", "row", "field", "reason", "state"),
            *("opened_at", "closed_at", "closed_by"),
        ),
    ),
)
_RETENTION = (
    TableOf(
        "retention.event",
        (
            *("event_id", "number", "kind", "happened_on", "reason", "actor"),
            *("recorded_at", "withdrawn_at"),
        ),
    ),
    TableOf(
        "retention.legal_hold",
        ("hold_id", "number", "reason", "actor", "set_at", "lifted_at"),
    ),
    TableOf(
        "review.decision",
        ("digest", "arrival", "kind", "subject", "line", "recorded_at"),
    ),
)
_DESTRUCTION = (
    TableOf(
        "destruction.plan",
        (
            *("digest", "on_day", "policy_digest", "dataset", "lines", "made_at"),
            *("state", "request", "approval", "taken_at", "form", "ordinal"),
        ),
    ),
    TableOf(
        "destruction.plan_line",
        (
            *("digest", "position", "number", "level", "last_day", "rule"),
            *("legal_basis", "part", "up_to"),
        ),
    ),
    TableOf("destruction.run", ("plan", "state", "begun_at", "moved_at")),
    TableOf(
        "destruction.line",
        (
            *("plan", "position", "number", "level", "rule", "legal_basis", "state"),
            *("sealed_values", "fields", "part", "up_to", "salt_in"),
        ),
    ),
    TableOf("destruction.customer", ("plan", "number", "commitment")),
    TableOf("destruction.succession", ("plan", "old", "new")),
    TableOf(
        "destruction.recovery",
        (
            *("plan", "due", "due_before", "due_after", "survivors"),
            *("survivors_after", "seen_at"),
        ),
    ),
    TableOf(
        "destruction.full_set",
        ("plan", "medium", "manifest", "sealed_values", "root", "seen_at"),
    ),
    TableOf(
        "destruction.certificate",
        (
            *("certificate_id", "arrival", "kind", "plan", "closes", "issued_at"),
            *("content", "annex"),
        ),
    ),
)
TABLES = (*_INTAKE, *_REGISTER, *_WAITING, *_RETENTION, *_DESTRUCTION)
