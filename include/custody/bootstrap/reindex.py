"""Reindexing, over its parts: as the destroyer, whom alone tokens are moved by."""

from custody.adapters import roles
from custody.adapters.warehouse.reindex import PostgresIndexTokens
from custody.application.reindex import ReindexTokens
from custody.bootstrap.rekey import RekeyParts


class ReindexParts(RekeyParts):
    """What moves tokens from one index epoch to the next and ends the old one."""

    @property
    def reindex_tokens(self) -> ReindexTokens:
        """Let the index epoch succeed, move its tokens, end it; hold `exclusively`."""
        return ReindexTokens(
            provider=self.provider_as(roles.KEYRING_DESTROYER),
            media=self.media,
            tokens=PostgresIndexTokens(
                self.warehouse(roles.WAREHOUSE_DESTROYER), self.ledger_writer
            ),
            bear=self.births.escrow,
            dataset=self.policy.dataset,
            reached=self.reached,
        )
