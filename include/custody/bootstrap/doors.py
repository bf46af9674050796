"""The doors that a drill tries: which credentials must not fit which place (R68)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import parse_qs, urlsplit

from custody.adapters import roles
from custody.adapters.config import Settings
from custody.adapters.database import read_password
from custody.adapters.doors import lets_in, lists_bucket, opens_object
from custody.adapters.embedded.postgres import EmbeddedPostgres
from custody.adapters.key_providers import KMS, KeyPlace, opens_keys
from custody.adapters.offsite import medium_name
from custody.application.copy_ledger import Trust
from custody.application.independence import Door
from custody.application.ports import Offsite
from custody.application.public_keys import MediumKeys
from custody.application.restore.replay import replayed
from custody.application.restore.sets import newest_set
from custody.crypto.recovery import Identities
from custody.domain.drills import DrillFault
from custody.domain.language import Text
from custody.errors import EvidenceError

_BUCKET = "s3"
_OBJECTS = "objects/"
_NOTHING = Text("介质上没有可供试开的对象", "nothing lies there that could be tried")


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Names them for one medium; `server` is the one on which it is restored."""

    settings: Settings
    keys: KeyPlace
    server: EmbeddedPostgres
    trust: Trust
    identities: Callable[[], Mapping[str, Identities]]
    public: Mapping[str, MediumKeys]

    def __call__(self, medium: Offsite) -> Sequence[Door]:
        """Return every door that there is."""
        return (
            *self._databases(),
            *self._buckets(medium.name),
            *self._others(medium),
        )

    def _databases(self) -> Iterator[Door]:
        """Production's passwords on the restored databases, and the reverse."""
        ours, drill = self.settings, self.server
        for names, there, here in (
            (roles.WAREHOUSE_ROLES, drill.warehouse_url, ours.warehouse_url),
            (roles.KEYRING_ROLES, drill.keyring_url, ours.keyring_url),
        ):
            for role in names:
                if (ours.credentials_dir / role).exists():
                    own = read_password(ours.credentials_dir, role)
                    yield Door(
                        DrillFault.PRODUCTION,
                        partial(lets_in, there, role=role, password=own),
                    )
                own = read_password(drill.credentials, role)
                yield Door(
                    DrillFault.BACKUP, partial(lets_in, here, role=role, password=own)
                )

    def _buckets(self, name: str) -> Iterator[Door]:
        """Production's AWS identity on a medium's bucket, and the reverse.

        The reverse is of landing, quarantine and the key service.
        """
        settings = self.settings
        own = next(url for url in settings.offsite_urls if medium_name(url) == name)
        if urlsplit(own).scheme != _BUCKET:
            return
        places = [
            url
            for url in (settings.landing_url, settings.quarantine_url)
            if urlsplit(url).scheme == _BUCKET
        ]
        service = urlsplit(self.keys.url).scheme == KMS
        if places or service:
            yield Door(DrillFault.PRODUCTION, self._lists(own, None))
        if service:
            opens = partial(opens_keys, self.keys, _writer(own))
            yield Door(DrillFault.BACKUP, opens)
        for url in places:
            yield Door(DrillFault.BACKUP, self._lists(url, _writer(own)))
        for url in settings.offsite_urls:
            if url != own and urlsplit(url).scheme == _BUCKET:
                yield Door(DrillFault.OTHER, self._lists(own, _writer(url)))

    def _lists(self, url: str, profile: str | None) -> Callable[[], bool]:
        endpoint = self.settings.s3_endpoint_url
        return partial(lists_bucket, url, endpoint_url=endpoint, profile=profile)

    def _others(self, medium: Offsite) -> Iterator[Door]:
        """Yield what opens another medium, on the smallest object of this one.

        Of the holders' keys, which nobody has here, the public halves tell.
        """
        path = self._smallest(medium)
        for name, one in self.identities().items():
            if name != medium.name:
                opens = _nothing_there
                if path is not None:
                    own = one.age_identity
                    opens = partial(opens_object, medium, path, identity=own)
                yield Door(DrillFault.OTHER, opens)
        mine = self.public[medium.name]
        for name, keys in self.public.items():
            if name != medium.name:
                yield Door(DrillFault.OTHER, partial(mine.shares_a_key_with, keys))

    def _smallest(self, medium: Offsite) -> str | None:
        replay = replayed(medium)
        chosen = newest_set(medium, self.trust, replay)
        if chosen is not None and chosen.full.tables:
            return min(chosen.full.tables, key=lambda one: one.rows).path
        found = (one.path for one in replay.objects(after=0))
        return next(found, None) or next(iter(medium.list(_OBJECTS)), None)


def _nothing_there() -> bool:
    """Try nothing: a door that nobody could try counts as open."""
    raise _NOTHING.as_error(EvidenceError)


def _writer(url: str) -> str | None:
    """Return the AWS profile of a medium's own identity."""
    return parse_qs(urlsplit(url).query).get("writer", [None])[0]
