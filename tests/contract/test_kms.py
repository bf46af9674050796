"""What AWS KMS as key provider promises besides (R62); each control with its twin.

moto stands behind the guard of `tests/faults/kms_guard.py`, which refuses what AWS
refuses and moto forgives.
"""

import base64
import dataclasses
import datetime as dt
import logging
import traceback
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import pytest

from custody.adapters import aws
from custody.adapters.key_providers import KmsUrl, _door
from custody.adapters.kms_door import KmsDoor
from custody.adapters.kms_place import EPOCH_TAG, ProviderKey
from custody.application.ports import KeyState
from custody.application.ports.restore import AdoptsKeys
from custody.domain.epochs import EpochId
from custody.errors import (
    ConfigurationError,
    ConflictError,
    EvidenceError,
    WorldError,
)
from tests.contract.key_rooms import DATASET, REGION, WINDOW_DAYS, KmsRoom
from tests.fakes.keys import FakeProviderKeys
from tests.faults.kms_guard import allowed

pytestmark = pytest.mark.integration

EPOCH, OTHER = EpochId.parse("live/high/1"), EpochId.parse("live/high/2")
RESTRICTED = EpochId.parse("restricted/high/1")


@pytest.fixture
def room(kms_room: KmsRoom) -> KmsRoom:
    return kms_room


def service(room: KmsRoom) -> Any:  # noqa: ANN401 - boto3 ships no types
    """Return a client of whoever owns the account, past the guard."""
    return _past(room.guard.upstream)


@cache
def _past(url: str) -> Any:  # noqa: ANN401 - as above
    return aws.client("kms", region=REGION, profile="opener", endpoint_url=url)


def make(
    room: KmsRoom, tags: Mapping[str, str] = MappingProxyType({}), **made: object
) -> str:
    """Make a key as whoever owns the account can; return its ARN."""
    usual = {"MultiRegion": False, "KeyUsage": "ENCRYPT_DECRYPT", **made}
    borne = [{"TagKey": key, "TagValue": tags[key]} for key in tags]
    answer = service(room).create_key(Tags=borne, **usual)
    return str(answer["KeyMetadata"]["Arn"])


def bare(arn: str) -> str:
    return arn.rpartition("/")[2]


# --- a key that is going, or gone ---------------------------------------------------


def test_moto_alone_opens_under_a_key_that_is_due_for_deletion(room: KmsRoom) -> None:
    """Why there is a guard: what passes before moto alone proves nothing."""
    key = room.provider().create(EPOCH)
    row = room.rows.rows[EPOCH]
    context = room.place.context(EPOCH)
    room.provider().destroy(EPOCH)

    guarded = room.door("opener").decrypt(row.wrapped, key=row.key, context=context)
    room.guard.states = False
    forgiven = room.door("opener").decrypt(row.wrapped, key=row.key, context=context)

    assert guarded is None
    assert forgiven == key


@pytest.mark.parametrize("code", ["KMSInvalidStateException", "DisabledException"])
def test_a_key_that_somebody_else_disabled_is_evidence(
    room: KmsRoom, code: str
) -> None:
    """It is not destroyed: it can come back, and nobody here ordered it."""
    room.provider().create(EPOCH)
    room.guard.disabled_code = code
    service(room).disable_key(KeyId=bare(room.key_of(EPOCH)))

    for question in (room.provider().open, room.provider().state):
        with pytest.raises(EvidenceError, match="no destruction"):
            question(EPOCH)


def test_a_deletion_that_nobody_here_ordered_is_evidence(room: KmsRoom) -> None:
    room.provider().create(EPOCH)
    room.door("destroyer").schedule(room.key_of(EPOCH), days=7)

    for question in (room.provider().open, room.provider().state):
        with pytest.raises(EvidenceError, match="no destruction"):
            question(EPOCH)

    room.guard.clock.moment += dt.timedelta(days=8)
    for question in (room.provider().open, room.provider().state):
        with pytest.raises(EvidenceError):
            question(EPOCH)


def test_a_destruction_that_was_withdrawn_is_pending_without_a_date(
    room: KmsRoom,
) -> None:
    """Nothing happens by itself then; destroying again orders it anew."""
    provider = room.provider()
    provider.create(EPOCH)
    provider.destroy(EPOCH)
    room.guard.forget(room.key_of(EPOCH))
    room.guard.clock.moment += dt.timedelta(days=30)

    withdrawn = provider.state(EPOCH)
    provider.destroy(EPOCH)

    assert withdrawn == KeyState(name="pending")
    again = room.guard.clock.now().date() + dt.timedelta(days=WINDOW_DAYS)
    assert provider.state(EPOCH) == KeyState(name="pending", final=again)


def test_a_key_past_its_day_that_kms_still_knows_is_pending(room: KmsRoom) -> None:
    """AWS takes up to a day longer: destroyed is observed, never computed."""
    provider = room.provider()
    provider.create(EPOCH)
    provider.destroy(EPOCH)
    due = room.guard.deletions[bare(room.key_of(EPOCH))]
    room.guard.deletions.clear()
    room.guard.clock.moment = due + dt.timedelta(hours=20)

    assert provider.state(EPOCH).name == "pending"


def test_the_order_is_disable_then_schedule_by_the_window_of_the_url(
    room: KmsRoom,
) -> None:
    options = "opener=opener&destroyer=destroyer&window=30"
    provider = room.of_url(room.url(options=options))
    provider.create(EPOCH)
    room.guard.asked.clear()

    provider.destroy(EPOCH)

    looks = {"DescribeKey", "ListResourceTags"}
    ends = [one for one in room.guard.asked if one.operation not in looks]
    assert [one.operation for one in ends] == ["DisableKey", "ScheduleKeyDeletion"]
    assert ends[-1].body["PendingWindowInDays"] == 30
    until = room.guard.clock.now().date() + dt.timedelta(days=30)
    assert provider.state(EPOCH) == KeyState(name="pending", final=until)


def test_aws_waits_seven_to_thirty_days_and_moto_does_not_care(room: KmsRoom) -> None:
    room.provider().create(EPOCH)
    arn = room.key_of(EPOCH)
    for days in (1, 6, 31):
        with pytest.raises(WorldError, match="ValidationException"):
            room.door("destroyer").schedule(arn, days=days)

    room.guard.windows = False
    day = room.door("destroyer").schedule(arn, days=3)

    assert day == room.guard.clock.now().date() + dt.timedelta(days=3)


def test_not_found_is_no_proof_in_another_region(room: KmsRoom) -> None:
    """Nor before the day: whoever looks in the wrong place sees nothing there."""
    provider = room.provider()
    provider.create(EPOCH)
    provider.destroy(EPOCH)
    elsewhere = room.url().replace(REGION, "cn-northwest-1")

    for days in (0, 40):
        room.guard.clock.moment += dt.timedelta(days=days)
        with pytest.raises(ConfigurationError, match="Region"):
            room.of_url(elsewhere).state(EPOCH)


def test_a_key_that_is_gone_before_its_day_is_evidence(room: KmsRoom) -> None:
    provider = room.provider()
    provider.create(EPOCH)
    provider.destroy(EPOCH)
    key = bare(room.key_of(EPOCH))
    room.guard.deletions[key] = room.guard.clock.now()

    for question in (provider.state, provider.destroy):
        with pytest.raises(EvidenceError, match="before its day"):
            question(EPOCH)


def test_who_may_not_look_has_seen_nothing(
    room: KmsRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal is never taken for an absence."""
    room.provider().create(EPOCH)
    room.provider().destroy(EPOCH)
    room.guard.clock.moment += dt.timedelta(days=8)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "invented")
    nobody = room.of_url(room.url(options="window=7"))

    with pytest.raises(ConfigurationError, match="DescribeKey"):
        nobody.state(EPOCH)

    assert room.provider().state(EPOCH).name == "destroyed"


# --- what a blob is bound to --------------------------------------------------------


def test_without_a_context_a_blob_of_another_epoch_opens(room: KmsRoom) -> None:
    """The twin of the context: the same key, two epochs, the blobs exchanged."""
    room.provider().create(EPOCH)
    arn, context = room.key_of(EPOCH), room.place.context
    _, bound = room.door("destroyer").generate(arn, context(OTHER))
    key, loose = room.door("destroyer").generate(arn, {})

    room.rows.rows[EPOCH] = ProviderKey(key=arn, wrapped=bound)
    with pytest.raises(EvidenceError, match="not this epoch's"):
        room.provider().open(EPOCH)

    assert room.door("opener").decrypt(loose, key=arn, context={}) == key


@pytest.mark.parametrize(
    "what", ["blob", "row", "dataset", "installation", "bit", "key"]
)
def test_a_blob_in_anothers_place_does_not_open(room: KmsRoom, what: str) -> None:
    room.provider().create(EPOCH)
    room.provider().create(OTHER)
    mine, its = room.rows.rows[EPOCH], room.rows.rows[OTHER]
    url = room.url()
    if what == "installation":
        url = url.replace(room.installation, "elsewhere")
    provider = room.of_url(url, dataset="others" if what == "dataset" else DATASET)
    _, foreign = room.door("destroyer").generate(make(room), room.place.context(EPOCH))
    wrong = {
        "key": ProviderKey(key=mine.key, wrapped=foreign),
        "blob": ProviderKey(key=mine.key, wrapped=its.wrapped),
        "row": its,
        "bit": ProviderKey(
            key=mine.key, wrapped=mine.wrapped[:-1] + bytes((mine.wrapped[-1] ^ 1,))
        ),
    }
    room.rows.rows[EPOCH] = wrong.get(what, mine)

    with pytest.raises(EvidenceError, match="not this epoch's"):
        provider.open(EPOCH)


def test_a_lost_row_is_noticed_and_no_second_key_is_made(room: KmsRoom) -> None:
    """What was sealed would not open under it, and the first would never be ended."""
    provider = room.provider()
    provider.create(EPOCH)
    room.rows.rows.clear()

    for question in (
        provider.create, room.provider().open, provider.state, provider.destroy,
    ):  # fmt: skip
        with pytest.raises(EvidenceError, match="row is lost"):
            question(EPOCH)

    assert room.guard.operations().count("CreateKey") == 1


@pytest.mark.parametrize("planted", ["bystander", "untagged"])
def test_a_row_that_was_led_to_another_key_destroys_nothing(
    room: KmsRoom, planted: str
) -> None:
    """Whoever may write rows could otherwise have survivors destroyed."""
    provider = room.provider()
    provider.create(EPOCH)
    survivor = provider.create(OTHER)
    mine, its = room.rows.rows[EPOCH], room.rows.rows[OTHER].key
    if planted == "untagged":
        its = make(room)
    room.rows.rows[EPOCH] = dataclasses.replace(mine, key=its)

    with pytest.raises(EvidenceError, match="not made for it"):
        provider.destroy(EPOCH)

    assert room.guard.deletions == {}
    assert room.rows.rows[EPOCH].final is None
    assert room.provider().open(OTHER) == survivor


def test_a_row_that_was_planted_before_a_birth_is_refused(room: KmsRoom) -> None:
    """Its writer knows the key: nothing is to be sealed under it."""
    arn = make(room)
    _, wrapped = room.door("destroyer").generate(arn, room.place.context(EPOCH))
    room.rows.rows[EPOCH] = ProviderKey(key=arn, wrapped=wrapped)

    with pytest.raises(EvidenceError, match="not made for it"):
        room.provider().create(EPOCH)

    assert "CreateAlias" not in room.guard.operations()


def test_an_alias_that_was_led_to_another_key_is_evidence(room: KmsRoom) -> None:
    provider = room.provider()
    for epoch in (EPOCH, OTHER):
        provider.create(epoch)
    service(room).update_alias(
        AliasName=room.place.alias(EPOCH), TargetKeyId=bare(room.key_of(OTHER))
    )

    with pytest.raises(EvidenceError, match="alias names another"):
        provider.create(EPOCH)


# --- which keys will do -------------------------------------------------------------


def test_a_multi_region_key_is_refused_at_birth(room: KmsRoom) -> None:
    """Its replicas elsewhere would outlive it."""
    room.guard.multi_region = True

    with pytest.raises(EvidenceError, match="multi-Region"):
        room.provider().create(EPOCH)

    assert room.rows.rows == {}


@pytest.mark.parametrize(
    "made",
    [{"MultiRegion": True}, {"Origin": "EXTERNAL"}, {"KeyUsage": "SIGN_VERIFY"}],
)
def test_a_key_with_copies_elsewhere_is_not_destroyed_for_show(
    room: KmsRoom, made: dict[str, object]
) -> None:
    """KMS would do it: a replica, or whoever imported the material, keeps the key."""
    arn = make(room, room.place.tags(EPOCH), **made)
    context = room.place.context(EPOCH)
    key, wrapped = room.door("destroyer").generate(arn, context)
    room.rows.rows[EPOCH] = ProviderKey(key=arn, wrapped=wrapped)

    with pytest.raises(EvidenceError, match="proves nothing"):
        room.provider().destroy(EPOCH)
    if "MultiRegion" in made:
        with pytest.raises(EvidenceError, match="multi-Region"):
            room.provider().open(EPOCH)

    if (
        "MultiRegion" not in made
    ):  # moto's own blobs have no room for a multi-Region key's id
        assert room.door("opener").decrypt(wrapped, key=arn, context=context) == key
    assert "ScheduleKeyDeletion" not in room.guard.operations()


# --- who may do what ----------------------------------------------------------------


def test_opening_takes_one_decrypt_and_nothing_else(room: KmsRoom) -> None:
    room.provider().create(EPOCH)
    room.guard.asked.clear()
    sealing = room.of_url(room.url(options="opener=opener"))

    for _ in range(3):
        sealing.open(EPOCH)

    assert [(one.identity, one.operation) for one in room.guard.asked] == [
        ("opener", "Decrypt")
    ]
    asked = room.guard.asked[0].body
    assert asked["KeyId"] == room.key_of(EPOCH)
    assert asked["EncryptionContext"] == {
        "custody:installation": room.installation,
        "custody:dataset": "customers",
        "custody:purpose": "live",
        "custody:level": "high",
        "custody:number": "1",
    }


def test_keys_are_made_and_ended_by_the_destroyer_alone(room: KmsRoom) -> None:
    provider = room.provider()

    provider.create(EPOCH)
    provider.destroy(EPOCH)

    assert set(room.guard.operations("opener")) == {"DescribeKey", "ListResourceTags"}
    done = set(room.guard.operations("destroyer")) - {"DescribeKey"}
    assert done == {
        "CreateKey", "GenerateDataKey", "CreateAlias", "DisableKey",
        "ScheduleKeyDeletion",
    }  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        "opener=opener",
        "opener=opener&destroyer=absent",
        "destroyer=opener&opener=opener",
    ],
)
def test_without_the_destroyers_identity_no_key_is_made_or_ended(
    room: KmsRoom, options: str
) -> None:
    room.provider().create(EPOCH)

    for question, epoch in (("create", OTHER), ("destroy", EPOCH)):
        with pytest.raises(ConfigurationError):
            getattr(room.of_url(room.url(options=options)), question)(epoch)

    key = service(room).describe_key(KeyId=room.key_of(EPOCH))["KeyMetadata"]
    assert key["KeyState"] == "Enabled"
    assert list(room.rows.rows) == [EPOCH]


def test_where_kms_asks_nobody_who_they_are_the_opener_makes_keys(
    room: KmsRoom,
) -> None:
    """The twin: the policies of the runbook are what stops it."""
    room.guard.identities = False

    room.of_url(room.url(options="destroyer=opener&opener=opener")).create(EPOCH)

    assert "CreateKey" in room.guard.operations("opener")


def test_a_silent_service_is_given_up_in_time(room: KmsRoom) -> None:  # noqa: ARG001 - its profiles
    """Each try has its deadline, and the tries are counted."""
    made = KmsUrl(region=REGION, installation="hq", opener="opener")

    of_url = _door(made, made.opener)._client.meta.config

    assert (of_url.connect_timeout, of_url.read_timeout) == (5, 10)
    assert of_url.retries["total_max_attempts"] <= 6


def test_the_destroyer_opens_nothing_but_what_is_restricted(room: KmsRoom) -> None:
    """R17: and that the opener may not, whatever its own process would ask."""
    room.provider().create(EPOCH)
    room.provider().create(RESTRICTED)
    destroyer = room.of_url(room.url(options="opener=destroyer&destroyer=destroyer"))

    with pytest.raises(ConfigurationError, match="Decrypt"):
        destroyer.open(EPOCH)
    assert len(destroyer.open(RESTRICTED)) == 32
    with pytest.raises(ConfigurationError, match="destroyer"):
        room.of_url(room.url(options="opener=opener")).open(RESTRICTED)
    with pytest.raises(ConfigurationError, match="Decrypt"):
        room.of_url(room.url(options="opener=opener&destroyer=opener")).open(RESTRICTED)


def test_without_the_policies_the_opener_would_open_what_is_restricted(
    room: KmsRoom,
) -> None:
    """The twin: the service asks nobody who they are."""
    room.provider().create(RESTRICTED)
    room.guard.identities = False

    opened = room.of_url(room.url(options="opener=opener&destroyer=opener"))

    assert len(opened.open(RESTRICTED)) == 32


def test_the_policies_of_the_runbook_allow_what_is_asked_and_no_more(
    room: KmsRoom,
) -> None:
    """The guard refuses what they do not allow; here nothing of them is idle."""
    provider = room.provider()
    for epoch in (EPOCH, RESTRICTED):
        provider.create(epoch)
        room.provider().open(epoch)
    assert isinstance(provider, AdoptsKeys)
    provider.adopt(OTHER, bytes(32))
    provider.strays()
    provider.destroy(EPOCH)

    for identity, implied in (("opener", set()), ("destroyer", {"kms:TagResource"})):
        asked = {f"kms:{one}" for one in room.guard.operations(identity)}
        assert allowed(identity) == asked | implied  # CreateKey tags


# --- what killed and lost births leave ----------------------------------------------


def test_an_answer_that_was_lost_leaves_a_stray_that_is_told(room: KmsRoom) -> None:
    """boto3 asks again, and KMS has two keys; one of them is nobody's."""
    room.guard.lost = "CreateKey"
    provider = room.provider()

    key = provider.create(EPOCH)

    (stray,) = provider.strays()
    assert stray.startswith("live/high/1 arn:")
    assert room.key_of(EPOCH) not in stray
    assert provider.open(EPOCH) == key


@pytest.mark.parametrize(
    "operation",
    [
        *("GenerateDataKey", "CreateAlias", "Decrypt"),
        *("DescribeKey", "DisableKey", "ScheduleKeyDeletion"),
    ],
)
def test_any_other_answer_that_was_lost_changes_nothing(
    room: KmsRoom, operation: str
) -> None:
    """boto3 asks again; what was done already is welcome."""
    room.guard.lost = operation
    provider = room.provider()

    key = provider.create(EPOCH)
    opened = provider.open(EPOCH)
    provider.destroy(EPOCH)

    assert opened == key
    until = room.guard.clock.now().date() + dt.timedelta(days=WINDOW_DAYS)
    assert provider.state(EPOCH) == KeyState(name="pending", final=until)
    assert provider.strays() == ()
    assert room.guard.lost == ""


def test_a_key_of_another_length_is_evidence_and_is_not_told(room: KmsRoom) -> None:
    room.provider().create(EPOCH)
    arn = room.key_of(EPOCH)
    answer = service(room).generate_data_key(
        KeyId=arn, KeySpec="AES_128", EncryptionContext=room.place.context(EPOCH)
    )
    room.rows.rows[EPOCH] = ProviderKey(key=arn, wrapped=answer["CiphertextBlob"])

    with pytest.raises(EvidenceError, match="32 bytes") as raised:
        room.provider().open(EPOCH)

    told = "".join(traceback.format_exception(raised.value))
    assert not _told(told, answer["Plaintext"])


def test_a_planted_key_is_told_and_neither_used_nor_deleted(room: KmsRoom) -> None:
    """Whoever may tag keys could have one adopted, or another's deleted."""
    tags = room.place.tags(EPOCH)
    planted = make(room, tags)
    odd = make(room, {**tags, EPOCH_TAG: "no epoch"})
    provider = room.provider()

    provider.create(EPOCH)

    assert room.key_of(EPOCH) != planted
    told = [f"{EPOCH} {planted}", f"no epoch {odd}"]
    assert sorted(provider.strays()) == told
    assert room.guard.deletions == {}


@pytest.mark.parametrize(("late", "waits"), [(0, []), (2, [1, 2]), (3, [1, 2, 4])])
def test_a_key_that_kms_does_not_know_everywhere_yet_is_waited_for(
    room: KmsRoom, late: int, waits: list[float]
) -> None:
    waited: list[float] = []
    room.guard.late = late
    destroyer = KmsDoor(room.door("destroyer")._client, identity="", wait=waited.append)
    arn = destroyer.create(tags=room.place.tags(EPOCH)).arn

    key, wrapped = destroyer.generate(arn, {})

    assert waited == waits
    assert room.door("opener").decrypt(wrapped, key=arn, context={}) == key


def test_a_key_that_kms_never_comes_to_know_is_an_error_of_the_world(
    room: KmsRoom,
) -> None:
    room.guard.late = 4
    destroyer = KmsDoor(
        room.door("destroyer")._client, identity="", wait=lambda _: None
    )
    arn = destroyer.create(tags=room.place.tags(EPOCH)).arn

    with pytest.raises(WorldError, match="NotFoundException"):
        destroyer.generate(arn, {})


class LateRows(FakeProviderKeys):
    """Rows of which the first look sees nothing: another run was faster."""

    looks = 0

    def find(self, epoch: EpochId) -> ProviderKey | None:
        """See nothing the first time."""
        self.looks += 1
        return None if self.looks == 1 else super().find(epoch)


def test_who_loses_a_race_takes_back_its_own_key(room: KmsRoom) -> None:
    key = room.provider().create(EPOCH)
    service(room).delete_alias(AliasName=room.place.alias(EPOCH))
    late = KmsRoom(room.guard, room.door, LateRows(), room.installation)
    late.rows.rows.update(room.rows.rows)

    with pytest.raises(ConflictError, match="another run"):
        late.provider().create(EPOCH)

    assert len(room.guard.deletions) == 1
    assert bare(room.key_of(EPOCH)) not in room.guard.deletions
    assert room.provider().strays() == ()
    with pytest.raises(ConflictError):
        room.provider().create(EPOCH)  # sets the alias again
    assert room.provider().open(EPOCH) == key


# --- what is logged, and by which line ----------------------------------------------


def _told(text: str, key: bytes) -> bool:
    forms = (base64.b64encode(key).decode(), key.hex(), repr(key)[2:-1])
    return any(form in text for form in forms)


def test_no_log_holds_a_key_even_at_debug(
    room: KmsRoom, caplog: pytest.LogCaptureFixture
) -> None:
    """The twin: with botocore at DEBUG the log holds every key that is opened."""
    caplog.set_level(logging.DEBUG)
    provider, chatty = room.of_url(room.url()), room.of_url(room.url())
    key = provider.create(EPOCH)
    provider.open(EPOCH)
    quiet = not _told(caplog.text, key)

    caplog.set_level(logging.DEBUG, "botocore")
    chatty.open(EPOCH)

    assert quiet
    assert _told(caplog.text, key)


def test_keys_travel_by_an_encrypted_line_or_not_at_all(
    room: KmsRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://kms.example")

    with pytest.raises(ConfigurationError, match="https"):
        room.of_url(room.url())
