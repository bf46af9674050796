"""The one form of a plan, which its digest is over (docs/formats.md).

A head and a line for each customer's level, canonical JSON each: sorted keys, no
blanks, UTF-8.  The first form knew no versions, the second no ordinal; both are
read for ever.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from custody.domain.retention_plan import Due

FORMAT = 3
"""The form in which plans are written."""

FIRST_FORMAT, SECOND_FORMAT = 1, 2

FIRST = 1

ALL_VERSIONS = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHead:
    """What a plan is of: its day, the digest of policy, the register, its form.

    `ordinal` is 1, and one more for each plan of the same day, policy and register
    that has come to an end: what was refused can be planned and signed again at
    once, by a digest that nobody has signed yet.
    """

    on: dt.date
    policy: str
    dataset: str
    form: int = FORMAT
    ordinal: int = FIRST


def plan_lines(dues: Iterable[Due], head: PlanHead) -> Iterator[str]:
    """Yield the lines of a plan, without their line ends."""
    told: dict[str, str | int] = {
        "dataset": head.dataset,
        "on": head.on.isoformat(),
        "policy": head.policy,
    }
    if head.form not in {FIRST_FORMAT, SECOND_FORMAT} or head.ordinal != FIRST:
        told["ordinal"] = head.ordinal
    yield f"custody/plan/{head.form} {_canonical(told)}"
    for one in dues:
        line: dict[str, str | int] = {
            "last_day": one.last_day.isoformat(),
            "legal_basis": one.legal_basis,
            "level": one.level.value,
            "number": one.number,
            "rule": one.rule_id,
        }
        if head.form != FIRST_FORMAT or one.up_to is not None:
            line |= _versions(one)
        yield _canonical(line)


def _versions(one: Due) -> dict[str, str | int]:
    if one.up_to is None:
        return {"versions": ALL_VERSIONS}
    return {"part": one.up_to.part, "versions": one.up_to.version}


class PlanDigest:
    """SHA-256 over the lines of a plan, each with its line feed: what is approved."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self._digest = hashlib.sha256()

    def add(self, line: str) -> None:
        """Read one more line."""
        self._digest.update(line.encode() + b"\n")

    def hex(self) -> str:
        """Return the digest, 64 hex digits."""
        return self._digest.hexdigest()


def _canonical(document: Mapping[str, str | int]) -> str:
    return json.dumps(
        document, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    )
