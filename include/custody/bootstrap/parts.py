"""The parts of one installation, each made once and when it is first asked for.

Every part connects with the database role that is meant for it (design section
5), so a process needs the credentials of its own identities only.
"""

import json
from collections.abc import Mapping
from functools import cached_property

from sqlalchemy import Engine

from custody.adapters import durable, roles
from custody.adapters.config import Settings
from custody.adapters.database import RoleEngines
from custody.adapters.key_providers import KeyPlace, provider_of
from custody.adapters.keyring.epochs import PostgresKeyring, RebuildersKeyring
from custody.adapters.keyring.provider_keys import PostgresProviderKeys
from custody.adapters.landing.choose import landing_of
from custody.adapters.local import SystemClock
from custody.adapters.notifiers import open_notifier
from custody.adapters.policy import load_policy
from custody.adapters.signing_key import read_signer
from custody.adapters.stores import medium_of, quarantine_of
from custody.adapters.warehouse.deliveries import PostgresDeliveryBook
from custody.adapters.warehouse.ledger import LedgerWriter, PostgresLedger
from custody.adapters.warehouse.reports import PostgresReports
from custody.adapters.warehouse.staging import PostgresStaging
from custody.adapters.warehouse.views import PostgresViews
from custody.application.guarded_keys import UnrestrictedKeys
from custody.application.ports import (
    DataObjects,
    Landing,
    ListedKeys,
    Notifier,
    Offsite,
    Quarantine,
    Reached,
    pass_by,
)
from custody.application.public_keys import PublicKeys
from custody.domain.language import Text
from custody.domain.policy import Policy
from custody.errors import ConfigurationError

_NO_PUBLIC_KEYS = Text(
    "没有公钥文件：请运行 `custody keys init`",
    "no public keys file: run `custody keys init`",
)


class Parts:
    """Policy, places and databases; `Custody` adds the use cases."""

    def __init__(self, settings: Settings, reached: Reached = pass_by) -> None:
        """Take the settings; nothing is opened yet.

        `reached` hears of each step of the intake; only tests lend an ear.
        """
        self.settings = settings
        self.reached = reached
        self.clock = SystemClock()

    # --- policy and the places of files ---------------------------------------

    @cached_property
    def policy(self) -> Policy:
        """The policy in force; PolicyError names the file and the key."""
        return load_policy(
            *self.settings.policy_dirs, extra_signing_keys=self._partner_keys()
        )

    @cached_property
    def public_keys(self) -> PublicKeys:
        """The public keys: how to seal, and whose ledger it is."""
        try:
            content = self.settings.public_keys_file.read_bytes()
        except OSError:
            raise _NO_PUBLIC_KEYS.as_error(ConfigurationError) from None
        return PublicKeys.from_json(content)

    def keep_public_keys(self, content: bytes) -> None:
        """Write the public keys file; who has opened it knows the former ones."""
        durable.replace(self.settings.public_keys_file, content)

    @cached_property
    def landing(self) -> Landing:
        """The landing zone."""
        return landing_of(
            self.settings.landing_url,
            s3_endpoint_url=self.settings.s3_endpoint_url,
            s3_read_seconds=self.settings.s3_read_seconds,
            reached=self.reached,
        )

    @cached_property
    def quarantine_store(self) -> Quarantine:
        """The sealed files that were not admitted."""
        return quarantine_of(
            self.settings.quarantine_url,
            recipient=self.public_keys.quarantine,
            work=self.settings.home / "work",
            s3_endpoint_url=self.settings.s3_endpoint_url,
            s3_read_seconds=self.settings.s3_read_seconds,
        )

    @cached_property
    def media(self) -> tuple[Offsite, ...]:
        """The off-site media."""
        return tuple(map(self.medium_at, self.settings.offsite_urls))

    def medium_at(self, url: str) -> Offsite:
        """Return a medium, be it one of the off-site media or not."""
        return medium_of(
            url,
            s3_endpoint_url=self.settings.s3_endpoint_url,
            s3_read_seconds=self.settings.s3_read_seconds,
        )

    @cached_property
    def notifier(self) -> Notifier:
        """Whoever is to be told."""
        return open_notifier(self.settings)

    @property
    def data_objects(self) -> DataObjects:
        """What writes data objects to every medium, under its own recipients."""
        from custody.adapters.data_objects import (  # noqa: PLC0415 - heavy
            AgeParquetObjects,
        )

        return AgeParquetObjects(
            self.media,
            self.public_keys.recipients,
            self.settings.home / "work",
            self.reached,
        )

    # --- the databases, by role -----------------------------------------------

    def warehouse(self, role: str) -> Engine:
        """Return the warehouse as a login role."""
        return self._engines(self.settings.warehouse_url, role)

    def keyring(self, role: str) -> PostgresKeyring:
        """Return the keyring as a login role."""
        made = RebuildersKeyring if role == roles.KEYRING_REBUILDER else PostgresKeyring
        return made(self.keyring_engine(role), self.reached)

    @cached_property
    def ledger_writer(self) -> LedgerWriter:
        """Whoever appends to the ledger signs with its key file."""
        signer = read_signer(self.settings.ledger_key_file)
        return LedgerWriter(signer, self.clock, self.reached)

    @cached_property
    def ledger(self) -> PostgresLedger:
        """The ledger, appended to by the loader."""
        return PostgresLedger(self.loader, self.ledger_writer)

    @cached_property
    def book(self) -> PostgresDeliveryBook:
        """The deliveries."""
        return PostgresDeliveryBook(self.loader, self.ledger_writer, self.clock)

    @cached_property
    def staging(self) -> PostgresStaging:
        """The sealed rows on their way."""
        return PostgresStaging(self.loader, self.ledger_writer, self.reached)

    @cached_property
    def reports(self) -> PostgresReports:
        """The validation reports."""
        return PostgresReports(self.loader, self.clock)

    @cached_property
    def views(self) -> PostgresViews:
        """Reading for people: masks only, as the reader."""
        return PostgresViews(self.warehouse(roles.WAREHOUSE_READER))

    @cached_property
    def provider(self) -> ListedKeys:
        """Where wrapping keys live, for who seals."""
        return self.provider_as(roles.KEYRING_LOADER)

    @property
    def key_place(self) -> KeyPlace:
        """Where the wrapping keys are."""
        return KeyPlace(
            url=self.settings.key_provider,
            dataset=lambda: self.policy.dataset,
            clock=self.clock,
        )

    def provider_as(self, role: str) -> ListedKeys:
        """Return it; what a key service gave out is read as a role of the keyring.

        Restricted keys are for the destroyer alone (design section 4).
        """
        provider = self.whole_provider_as(role)
        return (
            provider if role == roles.KEYRING_DESTROYER else UnrestrictedKeys(provider)
        )

    @property
    def thief_provider(self) -> ListedKeys:
        """Return it as who believes no row that says a key dies: it is asked for."""
        return self.whole_provider_as(roles.KEYRING_DESTROYER, as_thief=True)

    def whole_provider_as(self, role: str, *, as_thief: bool = False) -> ListedKeys:
        """Return it with its restricted keys; only who restores asks as another."""
        return provider_of(
            self.key_place,
            lambda: PostgresProviderKeys(self.keyring_engine(role)),
            as_thief=as_thief,
        )

    @cached_property
    def loader(self) -> Engine:
        """The warehouse as the loader."""
        return self.warehouse(roles.WAREHOUSE_LOADER)

    def keyring_engine(self, role: str) -> Engine:
        """Return the keyring database as a login role."""
        return self._engines(self.settings.keyring_url, role)

    @cached_property
    def _engines(self) -> RoleEngines:
        return RoleEngines(self.settings.credentials_dir)

    def _partner_keys(self) -> Mapping[str, tuple[str, ...]]:
        """Return the signing keys that lie beside the installation, by source."""
        file = self.settings.home / "partner_keys.json"
        if not file.exists():
            return {}
        content = json.loads(file.read_text(encoding="utf-8"))
        return {source: tuple(keys) for source, keys in content.items()}
