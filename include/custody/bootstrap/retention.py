"""Retention's use cases, over its parts."""

import os
from functools import cached_property

from custody.adapters import roles
from custody.adapters.keyring.restriction import PostgresEpochLives
from custody.adapters.warehouse.ledger import lines_naming, restore_lines
from custody.adapters.warehouse.record_states import PostgresRecordStates
from custody.adapters.warehouse.restriction import (
    PostgresKeptCustomers,
    PostgresStandingViews,
)
from custody.adapters.warehouse.retention import PostgresRetention
from custody.application.record_states import FollowStates
from custody.application.restriction import TellRestriction
from custody.application.retention import KeepRetention
from custody.application.retention_plan import PlanRetention
from custody.application.unanswered import AnswerRestore
from custody.bootstrap.parts import Parts
from custody.domain.ledger import read_line
from custody.domain.unanswered import Unanswered, unanswered


class RetentionParts(Parts):
    """What bears on how long customers are kept, as the registrar."""

    @cached_property
    def retention_book(self) -> PostgresRetention:
        """Events and legal holds."""
        return PostgresRetention(
            self.warehouse(roles.WAREHOUSE_REGISTRAR), self.ledger_writer, self.clock
        )

    @property
    def keep_retention(self) -> KeepRetention:
        """Record what happened to a customer, and legal holds."""
        return KeepRetention(
            policy=self.policy,
            book=self.retention_book,
            clock=self.clock,
            entropy=os.urandom,
        )

    @property
    def answer_restore(self) -> AnswerRestore:
        """Set again what a restore has lost, or end it; what stands, too."""
        return AnswerRestore(
            keep=self.keep_retention, book=self.retention_book, lost=self.lost_words
        )

    def unanswered(self) -> tuple[Unanswered, ...]:
        """Return what restores have lost and nobody has answered, as the reader."""
        return unanswered(
            map(read_line, restore_lines(self.warehouse(roles.WAREHOUSE_READER)))
        )

    def lost_words(self) -> tuple[Unanswered, ...]:
        """Return the same, each with the line by which it was said."""
        reader = self.warehouse(roles.WAREHOUSE_READER)
        names = [one.word_id for one in self.unanswered()]
        if not names:
            return ()
        lines = {*restore_lines(reader), *lines_naming(reader, names)}
        return unanswered(sorted(map(read_line, lines), key=lambda one: one.position))

    @property
    def follow_states(self) -> FollowStates:
        """Let customers' states follow time, events and holds."""
        return FollowStates(
            policy=self.policy,
            states=PostgresRecordStates(
                self.warehouse(roles.WAREHOUSE_REGISTRAR),
                self.ledger_writer,
                self.clock,
            ),
            clock=self.clock,
        )

    @property
    def tell_restriction(self) -> TellRestriction:
        """Tell how levels stand, and which epochs still open older copies."""
        registrar = self.warehouse(roles.WAREHOUSE_REGISTRAR)
        return TellRestriction(
            policy=self.policy,
            views=PostgresStandingViews(self.warehouse(roles.WAREHOUSE_READER)),
            kept=PostgresKeptCustomers(registrar),
            lives=PostgresEpochLives(self.keyring_engine(roles.KEYRING_LOADER)),
            provider=self.provider,
        )

    @property
    def plan_retention(self) -> PlanRetention:
        """Look ahead: who would be due on a day."""
        return PlanRetention(policy=self.policy, book=self.retention_book)
