"""AWS KMS as a provider that outlived its keyring, or gets keys of escrows (R67, R68).

What was made elsewhere is encrypted under a KMS key of its epoch, as KMS's own data
keys are, and the blob lies in the same row: from then on nothing tells the two apart.
Only the destroyer's identity may, as it alone makes KMS keys.  Of a former epoch no
key comes back: its row says where its KMS key stands, so that it can be ended, or that
none does (ADR 14, ADR 20).
"""

from hmac import compare_digest

from custody.adapters import key_words
from custody.adapters import kms_words as words
from custody.adapters.kms import ENABLED, KmsKeys
from custody.adapters.kms_door import KeyFacts
from custody.adapters.kms_place import EPOCH_TAG, ProviderKey
from custody.application.ports import KeyState
from custody.domain.epochs import EpochId
from custody.errors import ConflictError, EvidenceError, KeyDestroyedError

NO_BLOB = bytes(1)
"""What stands in the row of a former epoch: KMS opens nothing by it."""
NO_KEY = "-"
"""What its row names when KMS has no key of an epoch."""


class AdoptingKmsKeys(KmsKeys):
    """Implements `AdoptsKeys`."""

    def adopt(self, epoch: EpochId, key: bytes) -> None:
        """Take a key over that comes from its escrow, under a KMS key of the epoch.

        Repeatable.  A row that got lost is written again under the KMS key that the
        alias names, if it bears the epoch's tags.  ConflictError when the row opens to
        another key or was destroyed; EvidenceError when that KMS key is disabled or
        is to be deleted: nobody takes that back here.
        """
        row = self._kept.find(epoch)
        if row is not None:
            self._insist(epoch, row, key)
            return
        door, named = self._destroyer(), self._named(epoch)
        if named is not None and named.state != ENABLED:
            raise words.UNORDERED.as_error(EvidenceError, epoch=epoch)
        facts = named or door.create(tags=self._place.tags(epoch))
        if facts.unfit:
            raise words.UNFIT.as_error(EvidenceError, epoch=epoch, unfit=facts.unfit)
        wrapped = door.encrypt(key, key=facts.arn, context=self._place.context(epoch))
        row = ProviderKey(key=facts.arn, wrapped=wrapped)
        if not self._kept.add(epoch, row):
            if named is None:
                self._schedule(door, facts)
            raise words.ANOTHER_MADE.as_error(ConflictError, epoch=epoch)
        self._name(epoch, row)

    def known(self) -> tuple[EpochId, ...]:
        """Return every epoch that has a row, or a KMS key of ours, ordered by name."""
        found = set(self._kept.epochs())
        for _, tags in self._opener.tagged(self._place.tags()):
            try:
                found.add(EpochId.parse(tags.get(EPOCH_TAG, "")))
            except ValueError:  # not one that was born here
                continue
        return tuple(sorted(found, key=str))

    def note_former(self, epoch: EpochId) -> bool:
        """Note where the KMS key of a former epoch stands; True while one lives.

        Nothing opens by such a row, and `destroy` ends what it names.  Repeatable.
        """
        row = self._kept.find(epoch)
        if row is None:
            named = self._named(epoch)
            arn = NO_KEY if named is None else named.arn
            self._kept.add(epoch, ProviderKey(key=arn, wrapped=NO_BLOB))
            if named is not None and named.deletion is not None:
                self._kept.condemn(epoch, named.deletion)
            row = self._kept.find(epoch)
        if row is None or row.key == NO_KEY:
            self._kept.condemn(epoch, self._today())
            return False
        return row.final is None

    def open(self, epoch: EpochId) -> bytes:
        """Return the key; KeyDestroyedError also where KMS has none."""
        row = self._kept.find(epoch)
        if row is not None and row.key == NO_KEY:
            raise words.NO_KEY.as_error(KeyDestroyedError, epoch=epoch)
        return super().open(epoch)

    def destroy(self, epoch: EpochId) -> None:
        """Destroy what the row names; there is nothing where KMS has no key."""
        row = self._kept.find(epoch)
        if row is not None and row.key == NO_KEY:
            self._kept.condemn(epoch, self._today())
        else:
            super().destroy(epoch)

    def state(self, epoch: EpochId) -> KeyState:
        """Tell it; a row that says KMS has no key is believed when KMS says so too."""
        row = self._kept.find(epoch)
        if row is None or row.key != NO_KEY:
            return super().state(epoch)
        if self._opener.describe(self._place.alias(epoch)) is not None:
            raise words.ROW_SAYS_NONE.as_error(EvidenceError, epoch=epoch)
        name = "pending" if row.final is None else "destroyed"
        return KeyState(name=name, final=row.final)

    def _named(self, epoch: EpochId) -> KeyFacts | None:
        """Return the facts of the KMS key that the alias names; None without one.

        EvidenceError unless it was made for the epoch: whoever may set aliases could
        else have a key of ours wrapped under theirs, or another's deleted.
        """
        facts = self._opener.describe(self._place.alias(epoch))
        if facts is None:
            return None
        tags = self._opener.tags(facts.arn)
        if not self._place.tags(epoch).items() <= tags.items():
            raise words.NOT_MADE_FOR_ALIAS.as_error(EvidenceError, epoch=epoch)
        return facts

    def _insist(self, epoch: EpochId, row: ProviderKey, key: bytes) -> None:
        if row.final is not None:
            raise key_words.DESTROYED.as_error(ConflictError, epoch=epoch)
        if not compare_digest(self.open(epoch), key):
            raise key_words.ANOTHER.as_error(ConflictError, epoch=epoch)
        self._finish(epoch, row)
