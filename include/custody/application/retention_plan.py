"""The plan of a day: who would be due, and how everybody else stands (R17, R69).

It opens nothing and destroys nothing: the time machine of operations, and what people
sign.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from custody.application.retention import RetentionBook
from custody.domain.policy import Policy
from custody.domain.retention_plan import Due, Standing, due_of, judge


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRetention:
    """The use case of looking ahead; memory does not grow with the register."""

    policy: Policy
    book: RetentionBook

    def __call__(
        self, on: dt.date, tally: Counter[tuple[Standing, str]]
    ) -> Iterator[Due]:
        """Yield who is due on a day, in the order of numbers and from high to low.

        Everybody's levels are counted into `tally`, by standing and deciding rule.
        """
        rules = self.policy.retention
        for customer in self.book.customers(
            unknown_industry=self.policy.unknown_industry.code,
            zone=self.policy.time_zone,
        ):
            fates = judge(customer, rules, on)
            tally.update((fate.standing, fate.rule_id) for fate in fates)
            yield from due_of(customer, fates, rules, on)
