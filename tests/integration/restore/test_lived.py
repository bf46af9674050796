"""A register that was lived in comes back, from every set, and life goes on (R65-R72).

Each restore has media of its own: what it writes there is no other's.
"""

import dataclasses
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from custody.adapters import roles
from custody.adapters.database import transaction
from custody.application.destroy.begin import Refusal
from custody.application.ports.destruction_book import Run
from custody.application.restore.restored import Restored
from custody.application.restore.trial import TrialRestore
from custody.application.retention import Answer
from custody.bootstrap import Custody
from custody.cli.main import app
from custody.crypto import signing
from custody.domain.approving import Doubt
from custody.domain.certificate_check import judge_certificate
from custody.domain.destruction import OVER, RunState
from custody.domain.ledger_check import verify_lines
from custody.domain.levels import Level
from custody.domain.outcome import Tally
from custody.domain.unanswered import WordKind
from tests.builders.cards import RENEWED
from tests.builders.destructions import (
    REASON,
    Person,
    bring,
    copy_everything,
    leave,
    opened_of,
    signed_plan,
)
from tests.builders.installation import Installation
from tests.builders.lived import (
    NEXT_DAY,
    Lived,
    deliver,
    forms,
    live,
    media_aside,
)
from tests.builders.restored import Target, empty_target
from tests.integration.conftest import Databases
from tests.integration.restore.test_trial import Server

pytestmark = [pytest.mark.integration, pytest.mark.long]

SETS = {
    "newest": (RENEWED, None),
    "the destruction's own": ("b", 2),
    "oldest": ("b", 1),
}
"""What is left of the sets, and the medium that is restored from."""


@dataclass(frozen=True)
class Back:
    """An installation that was made again, and of what."""

    lived: Lived
    target: Target
    restored: Restored
    custody: Custody
    sets: int | None

    @property
    def installation(self) -> Installation:
        """It, as who delivers sees it."""
        return Installation(
            self.custody, self.target.source.secrets, self.target.environment
        )


@pytest.fixture(scope="module")
def lived(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    made = databases.install(tmp_path_factory.mktemp("source"))
    return live(made, tmp_path_factory.mktemp("cards"))


@contextmanager
def _brought_back(
    databases: Databases, lived: Lived, which: str, folder: Path
) -> Iterator[Back]:
    """Restore from one of `SETS`, into databases and beside media of its own."""
    medium, sets = SETS[which]
    aside = media_aside(lived.installation, folder / "media", sets=sets)
    with empty_target(databases.server, aside, folder / "target") as target:
        restored = target.restore(medium)
        yield Back(lived, target, restored, target.opened(), sets)


@pytest.fixture(scope="module", params=SETS)
def back(
    request: pytest.FixtureRequest,
    databases: Databases,
    lived: Lived,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Back]:
    """What every test only looks at, in whatever order they come."""
    folder = tmp_path_factory.mktemp("back")
    with _brought_back(databases, lived, request.param, folder) as made:
        yield made


def _rows(custody: Custody, query: str) -> list[tuple[object, ...]]:
    with transaction(custody.warehouse(roles.WAREHOUSE_OWNER), "test") as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def _run(back: Back, *arguments: str, ends: int = 0) -> str:
    env = {**back.target.environment, "CUSTODY_LANG": "en"}
    done = CliRunner().invoke(app, list(arguments), env=env)
    assert done.exit_code == ends, done.output
    return done.output


# --- what is there ------------------------------------------------------------------


def test_the_drill_passes_on_both_media_and_again_on_the_first(
    lived: Lived, databases: Databases, tmp_path: Path
) -> None:
    """In the same databases, one medium after the other (R68)."""
    custody = lived.custody
    with empty_target(databases.server, lived.installation, tmp_path) as target:
        server = Server(
            target.environment["CUSTODY_WAREHOUSE_URL"],
            target.environment["CUSTODY_KEYRING_URL"],
            databases.server.credentials,
        )
        trial, *_ = custody.examinations(server)  # type: ignore[arg-type] # has what is asked of one
        assert isinstance(trial, TrialRestore)
        a, b = custody.media

        assert [list(trial(one)) for one in (a, b, a)] == [[], [], []]
    for medium in custody.media:
        assert list(custody.examine_controls(medium)) == []


def test_what_lies_on_the_media_is_whole(lived: Lived) -> None:
    assert all(one.holds for one in lived.custody.verify_media())


_SAME = (
    (
        "SELECT handle, number, version, level, part, state = 'destroyed'"
        " FROM register.record_version ORDER BY handle"
    ),
    (
        "SELECT handle, level, sealed, digest, key_id FROM register.sealed_value"
        " ORDER BY handle, level"
    ),
    "SELECT number, first_delivery FROM register.customer ORDER BY number",
    "SELECT prefix, year, last FROM register.serial ORDER BY prefix, year",
    "SELECT match_key, token FROM register.suppression ORDER BY match_key, token",
    (
        "SELECT delivery_id, state, rows_read, loaded, unchanged, pending, quarantined,"
        " refused, held FROM intake.delivery ORDER BY delivery_id"
    ),
    "SELECT digest, line FROM review.decision ORDER BY digest",
    (
        "SELECT certificate_id, plan, content, annex FROM destruction.certificate"
        " ORDER BY arrival"
    ),
)


def test_everybody_is_there_and_everybody_opens_but_who_was_destroyed(
    back: Back,
) -> None:
    """Values sealed again since a set was written are as they were in it."""
    was, custody = back.lived.custody, back.custody
    now, before = copy_everything(custody), copy_everything(was)

    assert opened_of(custody, now.values) == len(now.values) == len(before.values)
    assert not now.of(back.lived.gone)
    assert back.restored.tombstones == 1
    for query in _SAME:
        if "sealed" not in query or back.sets is None:
            assert _rows(custody, query) == _rows(was, query) != [], query


def test_the_ledger_holds_and_every_version_is_whose_it_says(back: Back) -> None:
    lines = list(back.custody.ledger.lines())

    assert verify_lines(
        lines, verify=signing.verify_labelled, pins=back.target.given().pins
    ).holds
    assert back.custody.still_linked() == ()


def test_holds_of_after_the_set_are_named_and_those_of_before_stand(
    back: Back,
) -> None:
    """The ledger does not tell whose they are: the command tells people (R69)."""
    told = [one.split()[0] for one in back.restored.unknown]
    standing = [one.number for one in back.custody.retention_book.holds()]

    if back.sets is None:
        assert told == ["hold"]
        assert standing == [back.lived.held.number]
    else:
        assert told.count("hold") == 3 - back.sets
        assert standing == [back.lived.held.number] * (back.sets - 1)


def test_what_was_lost_waits_for_an_answer_and_is_told_as_the_ledger_has_it(
    back: Back,
) -> None:
    """R69: by the command and by the status; whoever only looks has no index lost."""
    lost = back.custody.lost_words()
    words = [one for one in back.restored.unknown if not one.startswith("cert")]

    assert list(map(str, lost)) == list(map(str, back.custody.unanswered())) == words
    assert all(one.told is not None and one.told.body["reason"] for one in lost)
    told = _run(back, "retention", "unanswered")
    assert all(one.word_id in told for one in lost)
    assert "which a restore lost, waits" in _run(back, "status")


def test_certificates_hold_and_no_run_stands_in_the_way(back: Back) -> None:
    """Also by a destruction's own set, which is older than its certificate (R72)."""
    custody = back.custody
    own = custody.public_keys.certificate
    assert own is not None

    assert {one.state for one in custody.destructions.runs()} <= OVER
    kept = list(custody.certificates_as(roles.WAREHOUSE_READER).all())
    assert kept
    for one in kept:
        assert judge_certificate(
            one.content,
            verify=signing.verify_labelled,
            pins={signing.fingerprint(own)},
        ).holds
    assert custody.carry_out.go_on(until=RunState.CERTIFIED) == "nothing"
    (closing,) = custody.close_destructions()
    assert {one.doubt.value for one in closing.reasons} <= {"still_there", "awaited"}


def test_what_was_withdrawn_stays_so_and_what_waits_is_asked_again(back: Back) -> None:
    custody = back.custody
    answer = custody.destroy(back.lived.withdrawn.digest)

    assert isinstance(answer, Refusal)
    reasons = {one.split()[0] for one in answer.reasons}
    known = {Doubt.WITHDRAWN, Doubt.UNANSWERED}
    assert reasons == (known if back.sets is None else {Doubt.UNKNOWN_PLAN})
    waiting = custody.destroy(back.lived.waiting.digest)
    assert waiting == Refusal((Doubt.UNKNOWN_PLAN,))


def test_commands_tell_how_things_stand(back: Back) -> None:
    assert "destroyed 1" in _run(back, "status")
    (alarm,) = json.loads(_run(back, "watch", "--json", ends=1))["alarms"]
    assert "that a restore lost wait for an answer" in alarm
    assert _run(back, "retention", "plan", "--on", "2027-01-01")
    status = _run(back, "retention", "status")
    assert "open until  is" not in status


# --- and life goes on ---------------------------------------------------------------


@pytest.mark.parametrize("which", SETS)
def test_life_goes_on(
    databases: Databases, lived: Lived, which: str, tmp_path: Path
) -> None:
    """Deliveries, keys, a destruction, a backup, a restore: in what came back."""
    with _brought_back(databases, lived, which, tmp_path / "first") as back:
        _old_files_found_nobody_anew(back)
        _keys_move_and_controls_live(back)
        _somebody_else_is_destroyed(back)
        _it_comes_back_once_more(back, databases, tmp_path / "second")


def _again(back: Back) -> Tally:
    """Deliver the destroyed one's file again, and one that stands as it did."""
    gone = {**back.lived.gone.row, "collected_at": "2026-11-23"}
    delivery = deliver(
        back.custody, "website", forms(gone, back.lived.held.row),
        name="again.jsonl", on=NEXT_DAY,
    )  # fmt: skip
    return back.installation.tally(delivery)


def _old_files_found_nobody_anew(back: Back) -> None:
    assert _again(back) == Tally(read=2, unchanged=1, refused=1)


def _keys_move_and_controls_live(back: Back) -> None:
    custody = back.custody
    assert all(one.holds for one in custody.care_for_escrows())

    assert custody.rotate_epochs(before=custody.clock.now())
    assert custody.rotate_index(before=custody.clock.now()) is not None
    sealed = custody.reseal_level(
        Level.MEDIUM, reason="a yearly exercise", actor="test",
        before=custody.clock.now(),
    )  # fmt: skip

    assert sealed is not None
    assert sealed.values
    custody.plant_controls()
    assert custody.sweep_keys() == 0
    now = copy_everything(custody)
    assert opened_of(custody, now.values) == len(now.values)


def _somebody_else_is_destroyed(back: Back) -> None:
    """Decisions are whole again: nothing of before speaks against it (R69-R72).

    But for the holds that nobody has set again: whoever they keep is not known.
    """
    custody, (leaves, *_) = back.custody, back.lived.stays
    before = copy_everything(custody)
    leave(custody, leaves)
    plan = signed_plan(custody, leaves)
    lost = _holds_lost(custody)
    assert lost
    refusal = Refusal(tuple(f"{Doubt.UNANSWERED} {one}" for one in lost))
    assert custody.destroy(plan.digest) == refusal
    _answer(custody, lost, back.lived.held)

    run = custody.destroy(plan.digest)

    assert isinstance(run, Run), run
    assert run.state is RunState.CERTIFIED
    assert opened_of(custody, before.of(leaves)) == 0 < len(before.of(leaves))
    assert custody.still_linked() == ()


def _holds_lost(custody: Custody) -> list[str]:
    return [one.word_id for one in custody.lost_words() if one.kind is WordKind.HOLD]


def _answer(custody: Custody, lost: Sequence[str], held: Person) -> None:
    """Set the newest again, and say of each other that it is needed no more."""
    *others, newest = map(bytes.fromhex, lost)
    why = {"reason": REASON, "actor": "test"}
    answer = custody.answer_restore
    assert answer.hold(newest, held.number, **why).answer is Answer.DONE
    assert {answer.lift(one, **why).answer for one in others} <= {Answer.DONE}
    assert newest in {one.hold_id for one in custody.retention_book.holds()}


def _it_comes_back_once_more(back: Back, databases: Databases, folder: Path) -> None:
    """A second restore, over one that was killed at its end."""
    custody = back.custody
    (new,) = bring(back.installation, 1, seed=len(back.restored.manifest) + 1)
    assert not custody.back_up().faults
    custody.copy_ledger()
    assert all(one.holds for one in custody.verify_media())
    assert custody.expire_sets() == {"a": 0, "b": 0}
    again = dataclasses.replace(back.target.source, custody=custody)
    with empty_target(databases.server, again, folder) as target:
        _die_at_the_end(target)

        restored = target.restore(RENEWED)

        there = target.opened()
        assert list(restored.unknown) == list(map(str, custody.unanswered()))
        now = copy_everything(there)
        assert opened_of(there, now.values) == len(now.values)
        assert now.of(new)
        assert not now.of(back.lived.gone)
        assert there.still_linked() == ()


class _DiedError(Exception):
    """A restore that is killed."""


def _die_at_the_end(target: Target) -> None:
    def reached(step: str) -> None:
        if step == "restore.open.before":
            raise _DiedError

    with pytest.raises(_DiedError):
        target.opened(reached).restore(target.given(RENEWED))()
