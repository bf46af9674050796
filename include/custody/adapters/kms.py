"""AWS KMS as key provider: one KMS key an epoch, and a data key wrapped under it.

The wrapping key of an epoch is 32 bytes of GenerateDataKey.  The blob that opens to
it is kept in the keyring, bound to installation, dataset and epoch by the encryption
context; when the KMS key is deleted it opens to nothing.  Why so:
docs/adr/0014-key-providers.md; the rows: docs/formats.md.

A birth has this order: KMS key with tags, data key, row in the keyring, alias.  The
alias is the mark of a finished birth and comes before the first use.  So a birth
killed after its row is finished by the next one, a row that got lost is noticed,
and a KMS key without a row was never used (`strays`).
"""

import datetime as dt
from collections.abc import Callable

from custody.adapters import key_words
from custody.adapters import kms_words as words
from custody.adapters.kms_door import KeyFacts, KmsDoor, is_multi_region
from custody.adapters.kms_place import EPOCH_TAG, KmsPlace, ProviderKey, ProviderKeys
from custody.application.ports import Clock, KeyState
from custody.domain.epochs import EpochId, Purpose
from custody.errors import (
    ConfigurationError,
    ConflictError,
    EvidenceError,
    KeyDestroyedError,
    WorldError,
)

KEY_BYTES = 32
ENABLED, PENDING = "Enabled", "PendingDeletion"


class KmsKeys:
    """Implements `KeyProvider` on AWS KMS.

    `opener` may Decrypt and DescribeKey, but nothing that is restricted; `destroyer`
    is made when a key is to be created or destroyed or a restricted one opened, and
    only who holds that identity can make it.
    """

    def __init__(
        self,
        place: KmsPlace,
        *,
        opener: KmsDoor,
        destroyer: Callable[[], KmsDoor],
        kept: ProviderKeys,
        clock: Clock,
        as_thief: bool = False,
    ) -> None:
        """Take its parts; `as_thief` asks KMS for what its row says is dying, too."""
        self._place = place
        self._opener = opener
        self._destroyer = destroyer
        self._kept = kept
        self._clock = clock
        self._as_thief = as_thief

    def create(self, epoch: EpochId) -> bytes:
        """Create the key once; ConflictError when it exists or was destroyed."""
        row = self._kept.find(epoch)
        if row is not None:
            if row.final is not None:
                raise key_words.DESTROYED.as_error(ConflictError, epoch=epoch)
            self._finish(epoch, row)
            raise key_words.EXISTS.as_error(ConflictError, epoch=epoch)
        self._refuse_lost(epoch)
        return self._bear(epoch)

    def open(self, epoch: EpochId) -> bytes:
        """Return the key; KeyDestroyedError, or KeyError when never created.

        EvidenceError when KMS does not give what the row says it must.
        """
        row = self._row(epoch)
        if row.final is not None and not self._as_thief:
            raise key_words.DESTROYED.as_error(KeyDestroyedError, epoch=epoch)
        if is_multi_region(row.key):
            raise words.MULTI_REGION.as_error(EvidenceError, epoch=epoch)
        restricted = epoch.purpose is Purpose.RESTRICTED
        door = self._destroyer() if restricted else self._opener
        key = door.decrypt(row.wrapped, key=row.key, context=self._place.context(epoch))
        if key is None:
            if row.final is not None:
                raise key_words.DESTROYED.as_error(KeyDestroyedError, epoch=epoch)
            raise words.UNORDERED.as_error(EvidenceError, epoch=epoch)
        if len(key) != KEY_BYTES:
            raise words.OTHER_LENGTH.as_error(
                EvidenceError, epoch=epoch, bytes=KEY_BYTES
            )
        return key

    def destroy(self, epoch: EpochId) -> None:
        """Disable the KMS key and schedule its deletion; idempotent.

        The row says so first: from then on nobody opens the key, and destroying
        again finishes the work.  KeyError when never created; EvidenceError when
        the row names a key that was made for another epoch, or has copies elsewhere.
        """
        row, door = self._row(epoch), self._destroyer()
        facts = door.describe(row.key)
        if facts is None:
            self._gone(epoch, row)
            return
        if facts.unfit:
            raise words.PROVES_NOTHING.as_error(
                EvidenceError, epoch=epoch, unfit=facts.unfit
            )
        self._refuse_foreign(epoch, row)
        self._kept.condemn(epoch, self._today() + self._window)
        self._kept.settle(epoch, self._schedule(door, facts))

    def state(self, epoch: EpochId) -> KeyState:
        """Tell `live`, `pending` or `destroyed`; KeyError when never created.

        `destroyed` is observed: KMS no longer knows the key, and the day has come.
        A `pending` one without a day is scheduled no more: destroy it again.
        """
        row = self._row(epoch)
        facts = self._opener.describe(row.key)
        if facts is None:
            return KeyState(name="destroyed", final=self._gone(epoch, row))
        if row.final is not None:
            return KeyState(name="pending", final=facts.deletion)
        if facts.state != ENABLED:
            raise words.UNORDERED.as_error(EvidenceError, epoch=epoch)
        return KeyState(name="live")

    def epochs(self) -> tuple[EpochId, ...]:
        """Return every epoch that has, or had, a key here, ordered by name."""
        return self._kept.epochs()

    def strays(self) -> tuple[str, ...]:
        """Return epoch and ARN of each KMS key of ours that stands in no row.

        A killed birth left it, and nothing was ever sealed under it.  It is not
        taken up, for whoever may tag a key could plant one, and not deleted, for
        they could have us delete another's: a person looks and decides.
        """
        found = []
        for arn, tags in self._opener.tagged(self._place.tags()):
            name = tags.get(EPOCH_TAG, "-")
            if not self._has(name, arn) and self._in_use(arn):
                found.append(f"{name} {arn}")
        return tuple(found)

    # --- births ---------------------------------------------------------------------

    def _bear(self, epoch: EpochId) -> bytes:
        door = self._destroyer()
        facts = door.create(tags=self._place.tags(epoch))
        if facts.unfit:
            raise words.NEW_UNFIT.as_error(
                EvidenceError, epoch=epoch, unfit=facts.unfit
            )
        key, wrapped = door.generate(facts.arn, self._place.context(epoch))
        row = ProviderKey(key=facts.arn, wrapped=wrapped)
        if not self._kept.add(epoch, row):
            self._schedule(door, facts)
            raise words.ANOTHER_MADE.as_error(ConflictError, epoch=epoch)
        self._name(epoch, row)
        return key

    def _finish(self, epoch: EpochId, row: ProviderKey) -> None:
        """Set the mark of a finished birth, unless it stands."""
        facts = self._opener.describe(self._place.alias(epoch))
        if facts is None:
            self._refuse_foreign(epoch, row)
            self._name(epoch, row)
        else:
            _refuse_other(epoch, row, facts)

    def _name(self, epoch: EpochId, row: ProviderKey) -> None:
        alias = self._place.alias(epoch)
        if self._destroyer().name(alias, key=row.key):
            return
        facts = self._opener.describe(alias)
        if facts is None:
            raise words.NO_ALIAS_YET.as_error(WorldError, epoch=epoch)
        _refuse_other(epoch, row, facts)

    def _refuse_foreign(self, epoch: EpochId, row: ProviderKey) -> None:
        """Refuse a row that was led to another key: only the destroyer sets tags."""
        if not self._place.tags(epoch).items() <= self._opener.tags(row.key).items():
            raise words.NOT_MADE_FOR_ROW.as_error(EvidenceError, epoch=epoch)

    def _has(self, name: str, arn: str) -> bool:
        try:
            row = self._kept.find(EpochId.parse(name))
        except ValueError:
            return False
        return row is not None and row.key == arn

    def _in_use(self, arn: str) -> bool:
        facts = self._opener.describe(arn)
        return facts is not None and facts.state != PENDING

    # --- deaths ---------------------------------------------------------------------

    def _row(self, epoch: EpochId) -> ProviderKey:
        row = self._kept.find(epoch)
        if row is None:
            self._refuse_lost(epoch)
            raise KeyError(str(epoch))
        if not self._place.holds(row.key):
            raise words.OTHER_REGION.as_error(ConfigurationError, epoch=epoch)
        return row

    def _refuse_lost(self, epoch: EpochId) -> None:
        if self._opener.describe(self._place.alias(epoch)) is not None:
            raise words.ROW_LOST.as_error(EvidenceError, epoch=epoch)

    def _schedule(self, door: KmsDoor, facts: KeyFacts) -> dt.date:
        if facts.deletion is not None:
            return facts.deletion
        if facts.state == ENABLED:
            door.disable(facts.arn)
        day = door.schedule(facts.arn, days=self._place.window_days)
        if day is None:
            again = door.describe(facts.arn)
            day = None if again is None else again.deletion
        if day is None:
            raise words.NO_DATE.as_error(WorldError)
        return day

    def _gone(self, epoch: EpochId, row: ProviderKey) -> dt.date:
        """Return since when a key is gone; EvidenceError unless it was to go by now."""
        if row.final is None or self._today() < row.final:
            raise words.KNOWN_NO_MORE.as_error(EvidenceError, epoch=epoch)
        return row.final

    @property
    def _window(self) -> dt.timedelta:
        return dt.timedelta(days=self._place.window_days)

    def _today(self) -> dt.date:
        return self._clock.now().astimezone(dt.UTC).date()


def _refuse_other(epoch: EpochId, row: ProviderKey, named: KeyFacts) -> None:
    if named.arn != row.key:
        raise words.OTHER_ALIAS.as_error(EvidenceError, epoch=epoch)
