"""Who copied everything in time, and has every key that exists now, reads nobody.

The image is taken before the purge: the database files of a killed server, its log,
dumps, folders, all data objects, and the escrows that are locked no more.  The keys
are all that exist afterwards: at the provider, in the escrows that are left, and the
recovery secrets of the media.  Twins show what each step of a destruction is for.
"""

from collections.abc import Iterator, Sequence

import pytest

from custody.adapters.roles import WAREHOUSE_DATABASE
from custody.domain.epochs import Purpose
from tests.builders.destructions import Person
from tests.faults import thief
from tests.faults.purge import DUE, Purge, purged
from tests.faults.scanner import Scanner
from tests.faults.thief import Guess, Keys

pytestmark = [pytest.mark.integration, pytest.mark.long]

GUESSED = {"phone": "phone", "id_number": "resident_id"}
"""Column of the form -> field of the register: what has few possible values."""

DUMPED = {f"{WAREHOUSE_DATABASE}.dump{form}" for form in ("", ":dump")}


@pytest.fixture(scope="module")
def purge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Purge]:
    """Everything that happened, and what was copied and kept."""
    with purged(tmp_path_factory.mktemp("thief") / "image") as purge:
        yield purge


# --- sealed values ----------------------------------------------------------------


def test_the_image_has_every_sealed_value_and_no_escrow(purge: Purge) -> None:
    """Each lies in the files, the log, the dump and the objects of each medium."""
    kinds = (
        "cluster/base",
        "cluster/pg_wal",
        "warehouse.dump",
        "offsite/a",
        "offsite/b",
    )
    places = [place for place, _ in purge.contents]

    assert len(purge.of(purge.due)) >= 2 * DUE
    for one in purge.known:
        found = purge.finds.places[one.key_id]
        missing = [kind for kind in kinds if not any(kind in at for at in found)]
        assert not missing
    assert any(place.startswith("airflow.dump") for place in places)
    assert not [place for place in places if "/escrow/" in place]
    assert purge.removed


def test_with_every_key_that_is_left_none_of_the_destroyed_opens(
    purge: Purge,
) -> None:
    """Nor with any file that is there afterwards; every survivor does."""
    due, survivors = purge.of(purge.due), purge.of(purge.survivors)

    assert thief.opened(purge.after, purge.at_the_end, due, purge.dataset) == 0
    alive = thief.opened(purge.after, purge.at_the_end, survivors, purge.dataset)
    assert alive == len(survivors)


def test_twin_before_the_old_epochs_end_all_of_them_open(purge: Purge) -> None:
    """Rows and keys are deleted, survivors are moved: the image opens one and all."""
    due = purge.of(purge.due)

    found = thief.opened(purge.finds, purge.without_the_end, due, purge.dataset)

    assert found == len(due)


@pytest.mark.parametrize("outside", ["provider_before", "escrows_before"])
def test_what_is_outside_the_image_opens_everything(purge: Purge, outside: str) -> None:
    """The provider before its destruction; escrows inside their lock."""
    keys: Keys = getattr(purge, outside)

    found = thief.opened(purge.finds, keys, purge.known, purge.dataset)

    assert found == len(purge.known)


def test_it_is_closed_when_no_escrow_is_left_that_opens_the_image(
    purge: Purge,
) -> None:
    """Those of the epochs before the destroyed ones are gone, too."""
    assert len(purge.closed) == 2
    assert all(purge.closed)
    assert not set(purge.at_the_end) & {
        epoch
        for epoch in {**purge.provider_before, **purge.escrows_before}
        if epoch.purpose in {Purpose.LIVE, Purpose.RESTRICTED}
    }


# --- index tokens -----------------------------------------------------------------


def guesses_of(persons: Sequence[Person]) -> list[Guess]:
    """Return right guesses, as they are normalised."""
    return [
        (field, f"+86{one.row[column]}" if field == "phone" else one.row[column])
        for one in persons
        for column, field in GUESSED.items()
        if column in one.row
    ]


def test_with_every_later_index_key_no_guess_is_confirmed(purge: Purge) -> None:
    """Of the destroyed, in any file of the image or of today; survivors' are."""
    due, survivors = guesses_of(purge.due), guesses_of(purge.survivors[:DUE])
    made = thief.tokens_under(purge.at_the_end, due, purge.dataset)
    others = thief.tokens_under(purge.at_the_end, survivors, purge.dataset)

    assert len(made) >= len(due)
    assert thief.matched([*purge.contents, *purge.after_contents], made) == set()
    assert thief.matched(purge.after_contents, others) == set(survivors)


def test_twin_with_a_static_index_key_every_guess_is_confirmed(purge: Purge) -> None:
    due = guesses_of(purge.due)
    made = thief.tokens_under(purge.without_the_end, due, purge.dataset)

    assert thief.matched(purge.contents, made) == set(due)


def test_what_remains_is_the_mark_by_which_who_comes_again_is_known(
    purge: Purge,
) -> None:
    """Stated on the certificate: who has its key can confirm a match key, no more."""
    due = guesses_of(purge.due)
    made = thief.marks_of(purge.at_the_end, due, purge.dataset)

    found = thief.matched(purge.after_contents, made)

    assert found == {guess for guess in due if guess[0] == "resident_id"}


# --- bytes in clear ---------------------------------------------------------------


def test_nothing_of_the_destroyed_is_left_in_clear(purge: Purge) -> None:
    """Names included: in database files, log and folders, in nine encodings."""
    assert purge.bytes_after == []


def test_twin_before_the_projection_is_written_anew_they_are_in_its_file(
    purge: Purge,
) -> None:
    """The rows are deleted by then, and every survivor has been moved."""
    assert {one.canary.kind for one in purge.bytes_before} >= {"person_name"}
    assert all("/base/" in one.place for one in purge.bytes_before)


def test_in_the_image_they_are_found_where_the_projection_holds_them(
    purge: Purge,
) -> None:
    """By design (idea 2): names of companies, in its files and in no other."""
    scanner = Scanner(purge.canaries_of(purge.due))
    found = [
        (place, finding)
        for place, content in purge.contents
        for finding in scanner.scan_bytes(content, place)
    ]
    count = sum(len(one.canary.value.encode()) for _, one in found)
    print(f"clear bytes of the destroyed in the image: {count} in {len(found)} places")  # noqa: T201

    assert {one.canary.kind for _, one in found} >= {"person_name"}
    files = {place.removeprefix("cluster/") for place, _ in found}
    assert files <= purge.shown | DUMPED
    assert files & purge.shown
