"""The calls that Custody makes to AWS KMS, as one identity, and what they may mean.

Each call has a deadline and boto3's own retries.  An answer that was not expected is
a WorldError with the service's code, a refusal of the identity a ConfigurationError;
no message repeats a key, a blob or a body.
"""

import datetime as dt
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from custody.adapters import aws
from custody.adapters import kms_words as words
from custody.domain.language import Text
from custody.errors import ConfigurationError, EvidenceError

READ_SECONDS = 10  # an answer of KMS is small
KEY_SPEC, DATA_KEY_SPEC = "SYMMETRIC_DEFAULT", "AES_256"
KEY_USAGE, ORIGIN = "ENCRYPT_DECRYPT", "AWS_KMS"
MULTI_REGION = "mrk-"  # how the ids of multi-Region keys begin (AWS KMS Guide)

BIRTH_WAITS = (1.0, 2.0, 4.0)
"""Seconds to wait until KMS knows everywhere of a key that it has just made."""

_ABSENT = ("NotFoundException",)
_UNUSABLE = ("KMSInvalidStateException", "DisabledException", *_ABSENT)
_FOREIGN = ("InvalidCiphertextException", "IncorrectKeyException")
_DENIED = ("AccessDeniedException",)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFacts:
    """What DescribeKey tells; `deletion` is the day (UTC) when it is scheduled."""

    arn: str
    state: str
    multi_region: bool
    kind: tuple[str, str, str, str]
    deletion: dt.date | None = None

    @property
    def unfit(self) -> Text | None:
        """Say why destroying such a key would prove nothing; None when it would.

        A multi-Region key has replicas elsewhere; imported and external key
        material has a copy that KMS does not hold.
        """
        if self.multi_region or is_multi_region(self.arn):
            return words.REGIONS
        if self.kind != (KEY_SPEC, KEY_USAGE, ORIGIN, "CUSTOMER"):
            return words.NOT_MADE_THERE
        return None


def is_multi_region(arn: str) -> bool:
    """Tell by its id whether a key is a multi-Region one."""
    return arn.rpartition("/")[2].startswith(MULTI_REGION)


class KmsDoor:
    """AWS KMS as one identity sees it; `identity` is its name in messages."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401 - see `aws.client`
        *,
        identity: str,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take a client of `aws.client("kms")`, whose it is, and how to wait."""
        self._client = client
        self._identity = identity
        self._wait = wait

    def describe(self, key: str) -> KeyFacts | None:
        """Return the facts of a key (ARN or alias), None when KMS knows none."""
        with self._asking("DescribeKey", answers=_ABSENT) as call:
            answer = self._client.describe_key(KeyId=key)
        return None if call.absent else _facts(answer["KeyMetadata"])

    def create(self, *, tags: Mapping[str, str]) -> KeyFacts:
        """Make a symmetric single-Region key that bears the tags."""
        with self._asking("CreateKey"):
            answer = self._client.create_key(
                Description="Custody: the wrapping key of one epoch",
                KeySpec=KEY_SPEC,
                KeyUsage=KEY_USAGE,
                Origin=ORIGIN,
                MultiRegion=False,
                Tags=[{"TagKey": key, "TagValue": tags[key]} for key in sorted(tags)],
            )
        return _facts(answer["KeyMetadata"])

    def name(self, alias: str, *, key: str) -> bool:
        """Give a key an alias; False, and nothing changed, when the alias is taken."""
        with self._asking("CreateAlias", answers=("AlreadyExistsException",)) as call:
            self._client.create_alias(AliasName=alias, TargetKeyId=key)
        return not call.absent

    def tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a key; none when they may not be read, or it is gone."""
        passed_by = (*_ABSENT, *_DENIED)
        with aws.world("ListResourceTags", absent=passed_by, service="KMS") as call:
            pages = self._client.get_paginator("list_resource_tags").paginate(KeyId=arn)
            tags = [tag for page in pages for tag in page["Tags"]]
        if call.absent:
            return {}
        return {tag["TagKey"]: tag["TagValue"] for tag in tags}

    def tagged(self, tags: Mapping[str, str]) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield ARN and tags of each key that bears at least these tags, by ARN.

        Others' keys, whose tags this identity may not read, are passed by.
        """
        with self._asking("ListKeys"):
            pages = self._client.get_paginator("list_keys").paginate()
            arns = sorted(key["KeyArn"] for page in pages for key in page["Keys"])
        for arn in arns:
            found = self.tags(arn)
            if tags.items() <= found.items():
                yield arn, found

    def generate(self, key: str, context: Mapping[str, str]) -> tuple[bytes, bytes]:
        """Return 32 random bytes of KMS, and the blob that only `decrypt` opens.

        A key that was just made may be unknown for seconds (eventual consistency).
        """
        for wait in (*BIRTH_WAITS, None):
            answers = () if wait is None else _ABSENT
            with self._asking("GenerateDataKey", answers=answers) as call:
                answer = self._client.generate_data_key(
                    KeyId=key, KeySpec=DATA_KEY_SPEC, EncryptionContext=dict(context)
                )
            if wait is None or not call.absent:
                break
            self._wait(wait)
        return bytes(answer["Plaintext"]), bytes(answer["CiphertextBlob"])

    def encrypt(self, content: bytes, *, key: str, context: Mapping[str, str]) -> bytes:
        """Return the blob of a key that was made elsewhere; `decrypt` opens it.

        A key that was just made may be unknown for seconds (eventual consistency).
        """
        for wait in (*BIRTH_WAITS, None):
            answers = () if wait is None else _ABSENT
            with self._asking("Encrypt", answers=answers) as call:
                answer = self._client.encrypt(
                    KeyId=key,
                    Plaintext=content,
                    EncryptionContext=dict(context),
                    EncryptionAlgorithm=KEY_SPEC,
                )
            if wait is None or not call.absent:
                break
            self._wait(wait)
        return bytes(answer["CiphertextBlob"])

    def decrypt(
        self, blob: bytes, *, key: str, context: Mapping[str, str]
    ) -> bytes | None:
        """Open a blob of exactly this key and context.

        None when the key is disabled, due for deletion or gone; EvidenceError when
        the blob is another key's, of another context, or damaged.
        """
        with self._asking("Decrypt", answers=(*_UNUSABLE, *_FOREIGN)) as call:
            answer = self._client.decrypt(
                CiphertextBlob=blob,
                KeyId=key,
                EncryptionContext=dict(context),
                EncryptionAlgorithm=KEY_SPEC,
            )
        if call.code in _FOREIGN:
            raise words.OTHER_BLOB.as_error(EvidenceError)
        return None if call.absent else bytes(answer["Plaintext"])

    def disable(self, key: str) -> None:
        """Let nobody use a key from now on."""
        with self._asking("DisableKey"):
            self._client.disable_key(KeyId=key)

    def schedule(self, key: str, *, days: int) -> dt.date | None:
        """Schedule the deletion of a key; return the day (UTC) that KMS names.

        None when it is scheduled: boto3 asks again when an answer was lost.
        """
        answers = ("KMSInvalidStateException",)
        with self._asking("ScheduleKeyDeletion", answers=answers) as call:
            answer = self._client.schedule_key_deletion(
                KeyId=key, PendingWindowInDays=days
            )
        return None if call.absent else _day(answer["DeletionDate"])

    @contextmanager
    def _asking(
        self, operation: str, *, answers: Sequence[str] = ()
    ) -> Iterator[aws.Call]:
        expected = (*answers, *_DENIED)
        with aws.world(operation, absent=expected, service="KMS") as call:
            yield call
        if call.code in _DENIED:
            raise words.MAY_NOT.as_error(
                ConfigurationError, operation=operation, identity=self._identity
            )


def _facts(metadata: Mapping[str, Any]) -> KeyFacts:
    deletion = metadata.get("DeletionDate")
    kind = ("KeySpec", "KeyUsage", "Origin", "KeyManager")
    spec, usage, origin, keeper = (str(metadata.get(name, "")) for name in kind)
    return KeyFacts(
        arn=str(metadata["Arn"]),
        state=str(metadata["KeyState"]),
        multi_region=bool(metadata.get("MultiRegion", True)),
        kind=(spec, usage, origin, keeper),
        deletion=None if deletion is None else _day(deletion),
    )


def _day(moment: dt.datetime) -> dt.date:
    return moment.astimezone(dt.UTC).date()
