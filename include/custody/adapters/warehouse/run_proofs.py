"""What a run of destruction has shown, kept inside somebody's transaction."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from custody.domain.observations import FullSetSeen, Recovery

_KEEP_RECOVERY = text(
    "INSERT INTO destruction.recovery (plan, due, due_before, due_after, survivors,"
    " survivors_after, seen_at) VALUES (:plan, :due, :due_before, :due_after,"
    " :survivors, :survivors_after, :seen_at) ON CONFLICT (plan) DO UPDATE SET"
    " due = :due, due_before = :due_before, due_after = :due_after,"
    " survivors = :survivors, survivors_after = :survivors_after, seen_at = :seen_at"
)
_FORGET_SETS = text("DELETE FROM destruction.full_set WHERE plan = :plan")
_KEEP_SET = text(
    "INSERT INTO destruction.full_set (plan, medium, manifest, sealed_values, root,"
    " seen_at) VALUES (:plan, :medium, :manifest, :values, :root, :seen_at)"
)


def keep_recovery(connection: Connection, plan: str, found: Recovery) -> None:
    """Keep what the attempt at recovery found, inside a transaction."""
    row = {name: getattr(found, name) for name in Recovery.__slots__}
    connection.execute(_KEEP_RECOVERY, {**row, "plan": bytes.fromhex(plan)})


def keep_sets(connection: Connection, plan: str, seen: Sequence[FullSetSeen]) -> None:
    """Keep which full sets were read back, inside a transaction."""
    connection.execute(_FORGET_SETS, {"plan": bytes.fromhex(plan)})
    for one in seen:
        row = {
            "plan": bytes.fromhex(plan),
            "medium": one.medium,
            "manifest": bytes.fromhex(one.manifest),
            "values": one.values,
            "root": bytes.fromhex(one.root),
            "seen_at": one.seen_at,
        }
        connection.execute(_KEEP_SET, row)
