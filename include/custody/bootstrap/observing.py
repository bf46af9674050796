"""What is seen of a destruction, and what is certified of it, over their parts."""

from functools import cached_property

from sqlalchemy import Engine

from custody.adapters import roles
from custody.adapters.keyring.doomed import PostgresDoomedKeys
from custody.adapters.signing_key import read_signer
from custody.adapters.warehouse.certificates import PostgresCertificates
from custody.adapters.warehouse.destruction import PostgresDestructionBook
from custody.adapters.warehouse.left_over import PostgresLeftOver
from custody.application.certify import KeepCertificate
from custody.application.destroy.observe import ObserveCopies, Places
from custody.bootstrap.parts import Parts
from custody.crypto import signing
from custody.domain.observations import Method, Overwriting


class ObservingParts(Parts):
    """The end of a destruction, as the destroyer sees it."""

    @cached_property
    def destroyer(self) -> Engine:
        """The warehouse as the destroyer."""
        return self.warehouse(roles.WAREHOUSE_DESTROYER)

    @property
    def destructions(self) -> PostgresDestructionBook:
        """The runs, as the destroyer has them."""
        return PostgresDestructionBook(self.destroyer, self.ledger_writer)

    @property
    def destruction_runs(self) -> PostgresDestructionBook:
        """The runs, as anybody may look at them."""
        engine = self.warehouse(roles.WAREHOUSE_READER)
        return PostgresDestructionBook(engine, self.ledger_writer)

    @property
    def doomed_keys(self) -> PostgresDoomedKeys:
        """The keyring, as the destroyer deletes from it."""
        return PostgresDoomedKeys(self.keyring_engine(roles.KEYRING_DESTROYER))

    @property
    def issue_certificate(self) -> KeepCertificate:
        """Sign a certificate with the key of certificates, and keep it."""
        return KeepCertificate(
            book=PostgresCertificates(self.destroyer, self.ledger_writer),
            signer=read_signer(
                self.settings.certificate_key_file, key_name="certificate key"
            ),
            verify=signing.verify_labelled,
            reached=self.reached,
        )

    @property
    def observe_copies(self) -> ObserveCopies:
        """Look at each kind of copy, at its place."""
        service = self.settings.key_provider.startswith("awskms:")
        bucket = self.settings.landing_url.startswith("s3:")
        places = Places(
            provider="key service" if service else "key folder",
            destroys=Method.SERVICE_DELETED if service else Method.KEY_DESTROYED,
            overwrites_keys=(
                Overwriting.NOT_BY_KEY_SERVICE if service else Overwriting.DONE
            ),
            landing="landing bucket" if bucket else "landing folder",
            overwrites_landing=(
                Overwriting.NOT_BY_OBJECT_STORE if bucket else Overwriting.DONE
            ),
        )
        return ObserveCopies(
            policy=self.policy,
            book=self.destructions,
            left_over=PostgresLeftOver(self.destroyer),
            keys=self.doomed_keys,
            provider=self.provider_as(roles.KEYRING_DESTROYER),
            quarantine=self.quarantine_store,
            media=self.media,
            places=places,
            clock=self.clock,
        )
