"""Which key provider a URL names: a folder, or AWS KMS.

`awskms://REGION/INSTALLATION?destroyer=PROFILE&opener=PROFILE&window=DAYS`.  The
installation names ours among the keys of an account.  Profiles are those of AWS's
own credentials file: without `opener` boto3's usual chain opens; without `destroyer`
this process can neither create nor destroy a key (design section 5).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from custody.adapters.key_folder import KeyFolder
from custody.adapters.kms_place import KmsPlace, ProviderKeys
from custody.adapters.local import folder_of
from custody.application.kept_keys import KeptAdoptedKeys
from custody.application.ports import Clock, ListedKeys
from custody.domain.epochs import FIELD_ROOT
from custody.domain.language import Text
from custody.errors import ConfigurationError, EvidenceError, WorldError

if TYPE_CHECKING:
    from custody.adapters.kms_door import KmsDoor

SETTING = "CUSTODY_KEY_PROVIDER"
KMS = "awskms"
LEAST_WINDOW, LONGEST_WINDOW = 7, 30  # days (AWS KMS, ScheduleKeyDeletion)
_INSTALLATION = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_KMS_FORM = Text(
    "{setting}：请写"
    " awskms://REGION/INSTALLATION?destroyer=PROFILE&opener=PROFILE&window=DAYS，天"
    "数为 {least} 至 {longest}",
    "{setting}: write"
    " awskms://REGION/INSTALLATION?destroyer=PROFILE&opener=PROFILE&window=DAYS, of"
    " {least} to {longest} days",
)
_NO_DESTROYER = Text(
    "{setting}：未指定销毁身份：本进程不能创建或销毁密钥",
    "{setting}: no destroyer is named: this process may not create or destroy keys",
)
_UNTRIED = Text(
    "AWS KMS 中没有可供试用的密钥", "AWS KMS has no key that could be tried"
)
_NO_BLOB = bytes(152)
_HTTPS = Text(
    "AWS_ENDPOINT_URL_KMS：密钥只经 https 传输",
    "AWS_ENDPOINT_URL_KMS: keys travel by https alone",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KmsUrl:
    """An `awskms://` URL, read; a profile None is boto3's usual chain."""

    region: str
    installation: str
    opener: str | None = None
    destroyer: str | None = None
    window_days: int = LEAST_WINDOW


def read_kms_url(url: str) -> KmsUrl:
    """Return what the URL says; ConfigurationError when it says anything else."""
    parts = urlsplit(url)
    installation = parts.path.removeprefix("/").removesuffix("/")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    window = options.pop("window", str(LEAST_WINDOW))
    opener, destroyer = options.pop("opener", None), options.pop("destroyer", None)
    if (
        not _REGION.fullmatch(parts.netloc)
        or not _INSTALLATION.fullmatch(installation)
        or not _is_window(window)
        or "" in (opener, destroyer)
        or options
    ):
        raise _KMS_FORM.as_error(
            ConfigurationError,
            setting=SETTING,
            least=LEAST_WINDOW,
            longest=LONGEST_WINDOW,
        )
    return KmsUrl(
        region=parts.netloc,
        installation=installation,
        opener=opener,
        destroyer=destroyer,
        window_days=int(window),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlace:
    """Everything that a provider needs to be made, but the keyring's rows.

    `dataset` is asked when the provider is a service: the policy need not be read
    for a folder.
    """

    url: str
    dataset: Callable[[], str]
    clock: Clock


def provider_of(
    place: KeyPlace, rows: Callable[[], ProviderKeys], *, as_thief: bool = False
) -> ListedKeys:
    """Return the provider of the URL.

    `rows` opens the keyring's table of wrapped keys; a folder needs none, and its
    keys are read afresh each time, where those of a service are kept for a while.
    `as_thief` asks for keys that were told to die as well, and keeps none.
    """
    if urlsplit(place.url).scheme != KMS:
        return KeyFolder(folder_of(place.url, SETTING), place.clock)
    from custody.adapters.kms_adopting import AdoptingKmsKeys  # noqa: PLC0415 - boto3 is slow

    read = read_kms_url(place.url)
    keys = AdoptingKmsKeys(
        _place(place, read),
        opener=_door(read, read.opener),
        destroyer=partial(_destroyer, read),
        kept=rows(),
        clock=place.clock,
        as_thief=as_thief,
    )
    return keys if as_thief else KeptAdoptedKeys(keys, place.clock)


def opens_keys(place: KeyPlace, profile: str | None) -> bool:
    """Whether an AWS identity may open what the provider's keys have wrapped (R68).

    Tried on bytes that no key has wrapped: KMS says who may not before it looks at
    them.  WorldError when KMS cannot use the key: it has refused nobody then.
    """
    read = read_kms_url(place.url)
    names, door = _place(place, read), _door(read, profile)
    key, context = names.alias(FIELD_ROOT), names.context(FIELD_ROOT)
    try:
        opened = door.decrypt(_NO_BLOB, key=key, context=context)
    except ConfigurationError:  # it may not
        return False
    except EvidenceError:  # it may, and it is no blob
        return True
    if opened is None:
        raise _UNTRIED.as_error(WorldError)
    return True


def _place(place: KeyPlace, read: KmsUrl) -> KmsPlace:
    return KmsPlace(
        region=read.region,
        installation=read.installation,
        dataset=place.dataset(),
        window_days=read.window_days,
    )


def _destroyer(read: KmsUrl) -> "KmsDoor":
    if read.destroyer is None:
        raise _NO_DESTROYER.as_error(ConfigurationError, setting=SETTING)
    return _door(read, read.destroyer)


def _door(read: KmsUrl, profile: str | None) -> "KmsDoor":
    """Return KMS as one identity; the line to it is encrypted or stays here.

    KMS answers with keys in the clear inside of TLS, so an endpoint of the
    environment (`AWS_ENDPOINT_URL_KMS`) without it is the loopback or refused.
    """
    from custody.adapters import aws  # noqa: PLC0415 - boto3 is slow
    from custody.adapters.kms_door import READ_SECONDS, KmsDoor  # noqa: PLC0415

    client = aws.client(
        "kms", region=read.region, profile=profile, read_seconds=READ_SECONDS
    )
    endpoint = urlsplit(str(client.meta.endpoint_url))
    if endpoint.scheme != "https" and endpoint.hostname not in _LOOPBACK:
        raise _HTTPS.as_error(ConfigurationError)
    return KmsDoor(client, identity=f"profile {profile or '(default)'}")


def _is_window(text: str) -> bool:
    return (
        text.isascii()
        and text.isdecimal()
        and (LEAST_WINDOW <= int(text) <= LONGEST_WINDOW)
    )
