"""Reindexing and suppression, over their parts: as the destroyer, for both."""

from custody.adapters import roles
from custody.adapters.warehouse.reindex import PostgresIndexTokens
from custody.adapters.warehouse.suppression import PostgresSuppressions
from custody.application.reindex import ReindexTokens
from custody.application.rotate_index import RotateIndex
from custody.application.suppress import ExpireSuppressions, SuppressCustomers
from custody.bootstrap.rekey import RekeyParts


class ReindexParts(RekeyParts):
    """What moves tokens to another index key, and what they leave of the destroyed."""

    @property
    def reindex_tokens(self) -> ReindexTokens:
        """Let the index epoch succeed, move its tokens, end it; hold `exclusively`."""
        return ReindexTokens(
            provider=self.provider_as(roles.KEYRING_DESTROYER),
            media=self.media,
            tags=self.public_keys.tags,
            tokens=self._index_tokens,
            bear=self.births.escrow,
            dataset=self.policy.dataset,
            reached=self.reached,
        )

    @property
    def rotate_index(self) -> RotateIndex:
        """Rotate the index key; takes `exclusively` itself."""
        return RotateIndex(
            reindex=self.reindex_tokens,
            tokens=self._index_tokens,
            exclusively=self.exclusively,
        )

    @property
    def suppress_customers(self) -> SuppressCustomers:
        """Leave the marks of those who are destroyed; hold `exclusively`."""
        return SuppressCustomers(
            policy=self.policy,
            provider=self.provider_as(roles.KEYRING_DESTROYER),
            suppressions=self._suppressions,
            reached=self.reached,
        )

    @property
    def expire_suppressions(self) -> ExpireSuppressions:
        """Delete the marks that have stood long enough."""
        return ExpireSuppressions(
            policy=self.policy, suppressions=self._suppressions, clock=self.clock
        )

    @property
    def _index_tokens(self) -> PostgresIndexTokens:
        engine = self.warehouse(roles.WAREHOUSE_DESTROYER)
        return PostgresIndexTokens(engine, self.ledger_writer)

    @property
    def _suppressions(self) -> PostgresSuppressions:
        engine = self.warehouse(roles.WAREHOUSE_DESTROYER)
        return PostgresSuppressions(engine, self.ledger_writer, self.policy.dataset)
