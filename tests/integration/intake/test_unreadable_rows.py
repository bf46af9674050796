"""Unreadable rows lie in quarantine beside the delivery's files, in place of none."""

import pytest

from custody.application.intake.seal_away import SealAway
from custody.domain.delivery import DeliveryId, DeliveryKey
from tests.builders.installation import Installation

pytestmark = pytest.mark.integration


def test_a_file_that_is_called_rows_is_sealed_away_whole(
    installation: Installation,
) -> None:
    """Its unreadable rows went before it; neither takes the other's place."""
    custody = installation.custody
    for name in ("rows.jsonl", "rows"):
        lines = f'{{"{name}":\n[]\n'.encode()
        delivery = installation.put("website", lines, name=name)
        assert installation.run("website", steps=["seal"])[delivery] == ["sealed"]
        rows = set(custody.quarantine_store.names())
        key = DeliveryKey.parse(DeliveryId(delivery))
        assert key is not None

        most = custody.policy.max_landed_bytes
        seal = SealAway(custody.landing, custody.quarantine_store, key, most=most)

        sealed = seal(delivery)

        own = {f"{delivery}/{name}", f"{delivery}/manifest.json"}
        kept = {one for one in custody.quarantine_store.names() if delivery in one}
        assert kept == own | {f"{delivery}/rows/unreadable.jsonl"}
        assert f"{delivery}/rows/unreadable.jsonl" in rows
        assert len(sealed.digests) == len(own)
