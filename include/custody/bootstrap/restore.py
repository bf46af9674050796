"""Restore, over its parts: as the owners of an empty warehouse and keyring."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Engine

from custody.adapters import roles
from custody.adapters.by_hand import readme
from custody.adapters.config import Settings
from custody.adapters.embedded.throwaway import throwaway_server
from custody.adapters.keyring.rekey import PostgresEpochKeys
from custody.adapters.keyring.restored import RestoredKeyring
from custody.adapters.offsite import medium_name
from custody.adapters.process_pool import MAX_WORKERS, cores, pooled
from custody.adapters.restored_objects import AgeObjectReader
from custody.adapters.scratch import scratch_folder
from custody.adapters.stores import label_own_disks
from custody.adapters.warehouse.index_epochs import PostgresIndexEpochs
from custody.adapters.warehouse.ledger import PostgresLedger
from custody.adapters.warehouse.projection import PostgresProjection
from custody.adapters.warehouse.restored import RestoredWarehouse
from custody.adapters.warehouse.restored_acts import RestoredActs
from custody.adapters.warehouse.restored_records import RestoredRegister
from custody.adapters.warehouse.restored_values import RestoredValues
from custody.adapters.warehouse.suppression import PostgresSuppressions
from custody.application.copy_ledger import Trust
from custody.application.keys import EnsureEpochs
from custody.application.ports import Keyring, Offsite
from custody.application.ports.restore import AdoptsKeys
from custody.application.projection import RebuildProjection
from custody.application.readme import PAGES, put_readme
from custody.application.recover_keys import RecoverKeys
from custody.application.restore.keys import EscrowedKeys, SucceedEpochs
from custody.application.restore.replay import ReplayLedger
from custody.application.restore.restored import Restored
from custody.application.restore.run import Restore, untold
from custody.bootstrap.drill import DrillParts
from custody.bootstrap.sealing import SealingParts
from custody.crypto import recovery, signing
from custody.domain.drills import DrillKind
from custody.domain.language import Text
from custody.domain.levels import Level
from custody.errors import ConfigurationError

README_LOCK_DAYS = 1096
"""As long as the objects that it tells of."""
_TAKES_NONE = Text(
    "CUSTODY_KEY_PROVIDER：该密钥服务不能从托管接管密钥",
    "CUSTODY_KEY_PROVIDER: it takes no keys over from an escrow",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreFrom:
    """What a restore is told: where from, whom to believe, and the secret."""

    url: str
    secret: bytes
    pins: Sequence[str]
    told: Callable[[str, int, int], None] = untold

    def __repr__(self) -> str:
        """Name the medium only."""
        return f"RestoreFrom({self.url})"


class RestoreParts(SealingParts, DrillParts):
    """What makes an installation again."""

    def lay_out_readme(self) -> None:
        """Put the page that tells how to restore without Custody on every medium."""
        until = self.clock.now().date() + dt.timedelta(days=README_LOCK_DAYS)
        for medium in self.media:
            put_readme(medium, readme(), locked_until=until)

    def look_at(self, *urls: str) -> None:
        """Look that media are there, before anybody is asked for a secret."""
        for url in dict.fromkeys(urls):
            self.medium_at(url).list(PAGES)

    def recover_keys(self, url: str, secret: bytes) -> RecoverKeys:
        """Give a provider that was lost the living keys, as the destroyer."""
        medium = self.medium_at(url)
        own = recovery.derive_identities(secret, medium=medium.name)
        engine = self.warehouse(roles.WAREHOUSE_DESTROYER)
        return RecoverKeys(
            dataset=self.policy.dataset,
            escrowed=EscrowedKeys(medium=medium, hpke_private=own.hpke_private),
            provider=self._adopting(roles.KEYRING_DESTROYER),
            keyring=self.keyring(roles.KEYRING_DESTROYER),
            index_epochs=PostgresIndexEpochs(engine),
            keys=PostgresEpochKeys(self.keyring_engine(roles.KEYRING_DESTROYER)),
            ledger=PostgresLedger(engine, self.ledger_writer),
        )

    def restore(self, given: RestoreFrom) -> Restore:
        """Restore into the settings' warehouse and keyring, which must be empty."""
        medium = self.medium_at(given.url)
        own = recovery.derive_identities(given.secret, medium=medium.name)
        owner = self.warehouse(roles.WAREHOUSE_OWNER)
        warehouse = RestoredWarehouse(owner, self.ledger_writer)
        keyring = self.keyring(roles.KEYRING_OWNER)
        provider = self._adopting(roles.KEYRING_OWNER)
        escrowed = EscrowedKeys(medium=medium, hpke_private=own.hpke_private)
        return Restore(
            policy=self.policy,
            medium=medium,
            replay_ledger=self._replay(medium, warehouse, given.pins),
            objects=AgeObjectReader(
                medium, identity=own.age_identity, work=self.settings.home / "work"
            ),
            escrowed=escrowed,
            warehouse=warehouse,
            values=RestoredValues(owner),
            register=RestoredRegister(owner),
            acts=RestoredActs(owner),
            keyring=RestoredKeyring(self.keyring_engine(roles.KEYRING_OWNER)),
            records=keyring,
            succeed=SucceedEpochs(
                births=self._births, provider=provider, escrowed=escrowed
            ),
            provider=provider,
            plan=lambda source: self._examiner(source).plan,
            suppressions=PostgresSuppressions(
                owner, self.ledger_writer, self.policy.dataset
            ),
            rebuild=self._rebuild(owner, keyring, provider),
            clock=self.clock,
            lines=pooled(min(cores() - 1, MAX_WORKERS)),
            told=given.told,
            reached=self.reached,
        )

    def attended_drill(self, given: RestoreFrom, *, into: Settings | None) -> Restored:
        """Restore into throwaway databases; tell this ledger that everything opened.

        `into` names them; None: those of a PostgreSQL of the moment.
        Keys and escrows of the drill lie in a folder of the moment: nothing of it
        reaches the real provider or a medium.
        """
        if into is None:
            with throwaway_server(self.settings.home / "work") as server:
                databases = replace(
                    self.settings,
                    warehouse_url=server.warehouse_url,
                    keyring_url=server.keyring_url,
                    credentials_dir=server.credentials,
                )
                return self.attended_drill(given, into=databases)
        name = medium_name(given.url)
        with scratch_folder(self.settings.home / "work") as folder:
            aside = replace(
                into,
                home=folder,
                offsite_urls=(f"{(folder / 'offsite').as_uri()}#{name}",),
                key_provider=(folder / "keys").as_uri(),
            )
            label_own_disks(aside.offsite_urls, home=folder)
            throwaway = type(self)(aside, self.reached)
            restored = throwaway.restore(given)()
        self.drill.tell(DrillKind.ATTENDED, (), (name,))
        return restored

    def _replay(
        self, medium: Offsite, warehouse: RestoredWarehouse, pins: Sequence[str]
    ) -> ReplayLedger:
        others = (one for one in self.media if one.name != medium.name)
        return ReplayLedger(
            medium=medium,
            media=(medium, *others),
            trust=Trust(signing.verify_labelled, tuple(pins)),
            warehouse=warehouse,
        )

    def _rebuild(
        self, owner: Engine, keyring: Keyring, provider: AdoptsKeys
    ) -> RebuildProjection:
        return RebuildProjection(
            policy=self.policy,
            projection=PostgresProjection(owner),
            keyring=keyring,
            provider=provider,
            ledger=PostgresLedger(owner, self.ledger_writer),
        )

    @property
    def _births(self) -> EnsureEpochs:
        return EnsureEpochs(
            provider=self._adopting(roles.KEYRING_OWNER),
            media=self.media,
            public_keys=self.public_keys,
            keyring=self.keyring(roles.KEYRING_OWNER),
            index_epochs=PostgresIndexEpochs(self.warehouse(roles.WAREHOUSE_OWNER)),
            clock=self.clock,
            suites={level: self.policy.level_rule(level).suites[0] for level in Level},
            reached=self.reached,
        )

    def _adopting(self, role: str) -> AdoptsKeys:
        """Return the provider that takes keys over; `role` keeps what a service gave.

        The owner of a target's keyring is the only one who may enter it.
        """
        provider = self.whole_provider_as(role)
        if not isinstance(provider, AdoptsKeys):
            raise _TAKES_NONE.as_error(ConfigurationError)
        return provider
