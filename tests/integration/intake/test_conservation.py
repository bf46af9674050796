"""Row conservation: whatever a delivery holds, each row has exactly one outcome.

read = loaded + unchanged + pending + quarantined + refused + held (design section 2).
"""

import datetime as dt
import io
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable

import hypothesis
import pytest
from hypothesis import strategies as st
from sqlalchemy import text

from custody.adapters import roles
from custody.domain.delivery import DeliveryId, DeliveryState
from tests.builders.deliveries import DAY
from tests.builders.installation import Installation
from tests.faults.breaking import unasked_check

pytestmark = pytest.mark.integration

EXAMPLES, SECONDS = 200, 15
DAYS = 600  # all in the validity of the source
LEAST = 5  # deliveries that even a busy machine takes in that time
LARGE_FILES = 10_000
LARGE_EXAMPLES = 2_000  # more than the files need; what is left over does nothing

_numbers = itertools.count(1)
_days = itertools.count()
_PEOPLE = range(6)

# --- lines of a form, good and bad ------------------------------------------------


def _form(person: int, **others: object) -> dict[str, object]:
    """Return one of few people, so that rows and deliveries meet again."""
    return {
        "form_id": f"F-{person}",
        "name": f"示例甲{'乙丙丁戊己庚'[person]}",
        "party": "natural",
        "phone": f"1380013800{person}",
        "customer_type": "new",
        "consent_time": f"{DAY}T08:00:00+08:00",
        **others,
    }


def _line(row: dict[str, object]) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode()


_IDS = ("11010119900307117X", "310104198805052334", "330106197712120018", "x", "123")
_missing = st.sampled_from(["form_id", "name", "party", "phone", "consent_time"])
_good = st.builds(_form, st.sampled_from(_PEOPLE))
_changed = st.builds(
    _form, st.sampled_from(_PEOPLE), preference=st.sampled_from(["茶", "咖啡", None])
)
_matched_twice = st.builds(
    _form, st.sampled_from(_PEOPLE), id_number=st.sampled_from(_IDS)
)
_incomplete = st.builds(
    lambda row, field, value: {**row, field: value},
    _good,
    _missing,
    st.sampled_from([None, "", "-", "无", " "]),
)
_malformed = st.builds(
    lambda row, field, value: {**row, field: value},
    _good,
    st.sampled_from(["phone", "email", "id_number", "purchases", "party", "name"]),
    st.text(max_size=12),
)
_unreadable = st.sampled_from(
    [
        b"{",
        b"[]",
        b"null",
        b"   ",
        b"",
        b'{"name": {"first": "a"}}',
        b'{"name": "a", "name": "b"}',
        b'{"purchases": NaN}',
        b'{"name": "\\ud800"}',
        b'{"name": "\\u0000"}',
    ]
)
_unknown_column = st.builds(lambda row: {**row, "shoe_size": "42"}, _good)
_lines = st.lists(
    st.one_of(
        st.one_of(_good, _changed, _matched_twice, _incomplete, _malformed).map(_line),
        _unreadable,
    ),
    min_size=2,
    max_size=12,
)
_held = st.booleans().flatmap(
    lambda held: st.lists(_unknown_column.map(_line), min_size=held, max_size=held)
)
deliveries = st.lists(
    st.builds(lambda lines, more: lines + more, _lines, _held), min_size=1, max_size=3
)
_fat_deliveries = st.builds(
    lambda files, more: [files[0] + more, *files[1:]],
    st.lists(_lines, min_size=20, max_size=30),
    _held,
)
_EVERY_OUTCOME = [
    [_line(_form(0)), b"{", _line(_form(1)), b"", _line(_form(0))],
    [_line(_form(2, name=None)), _line(_form(1, preference="茶"))],
]
words = st.sampled_from(["release", "refuse", "wait"])


def lines_of(content: list[bytes]) -> int:
    """Return how many rows a file has: blank lines at its end are none."""
    while content and not content[-1].strip():
        content = content[:-1]
    return len(content)


# --- one delivery through the intake ----------------------------------------------


class Intake:
    """Takes generated deliveries, and counts what came of their rows."""

    def __init__(self, installation: Installation) -> None:
        self.custody = installation.custody
        self.check = unasked_check(installation.custody)
        self.seen: Counter[str] = Counter()
        self.taken = 0
        self.files = 0

    def take(self, files: list[list[bytes]], word: str) -> None:
        """Take one delivery to its end, conserving at every stop."""
        delivery_id = self._land(files)
        self.files += len(files)
        if self.custody.seal(delivery_id) != "sealed":
            self._conserves(delivery_id, rows=None)
            return
        rows = sum(map(lines_of, files))
        if self.check(delivery_id) == "held":
            self._conserves(delivery_id, rows)
            self._say(word, delivery_id)
        self.custody.load(delivery_id)
        self._conserves(delivery_id, rows)
        self.taken += 1

    def _land(self, files: list[list[bytes]]) -> DeliveryId:
        """Land and admit; blank ends make each file another one, so no replay.

        Each has a day of its own: what waits on other days is not looked at again.
        """
        day = DAY - dt.timedelta(days=next(_days) % DAYS)
        landed = {}
        for place, lines in enumerate(files):
            unlike = f"{next(_numbers):b}".translate({48: " ", 49: "\t"}).encode()
            content = b"\n".join([*lines, unlike])
            landed[f"rows-{place}.jsonl"] = io.BytesIO(content)
        key = self.custody.deliver("website", landed, business_date=day)
        admission = self.custody.admit("website", day)
        assert key.delivery_id in admission.to_process
        return key.delivery_id

    def _say(self, word: str, delivery_id: DeliveryId) -> None:
        if word == "release":
            self.custody.held.release(delivery_id, reason="looked at", actor="steward")
        elif word == "refuse":
            self.custody.held.refuse(delivery_id, reason="not ours", actor="steward")

    def _conserves(self, delivery_id: DeliveryId, rows: int | None) -> None:
        """The tally conserves, and tells the outcomes that the rows have."""
        record = self.custody.book.find(delivery_id)
        assert record is not None
        assert record.tally.conserves
        if rows is None:
            assert record.state is DeliveryState.QUARANTINED
            return
        assert record.tally.read == rows
        outcomes = self._outcomes(delivery_id, record.state, rows)
        assert sorted(outcomes) == list(range(1, rows + 1))
        counted = Counter(outcomes.values())
        self.seen += counted
        for outcome in ("loaded", "unchanged", "pending", "quarantined", "held"):
            assert counted[outcome] == getattr(record.tally, outcome), outcome
        assert counted["refused"] == record.tally.refused

    def _outcomes(
        self, delivery_id: DeliveryId, state: DeliveryState, rows: int
    ) -> dict[int, str]:
        """Return each row's one outcome, as the register and the outcomes tell it."""
        with self.custody.warehouse(roles.WAREHOUSE_OWNER).connect() as connection:
            told = connection.execute(text(_TOLD), {"id": delivery_id}).all()
            loaded = connection.execute(text(_LOADED), {"id": delivery_id}).scalars()
            outcomes = dict.fromkeys(loaded, "loaded")
        for row, outcome in told:
            assert outcomes.get(row, outcome) == outcome, row
            assert (outcome == "loaded") == (row in outcomes), row
            outcomes[row] = outcome
        if state in {DeliveryState.HELD, DeliveryState.REFUSED}:
            assert set(outcomes.values()) <= {"quarantined"}
            rest = set(range(1, rows + 1)) - set(outcomes)
            outcomes |= dict.fromkeys(rest, state.value)
        return outcomes


_TOLD = "SELECT row, outcome FROM intake.row_outcome WHERE delivery_id = :id"
_LOADED = "SELECT row FROM register.record_version WHERE delivery_id = :id"


def run(
    installation: Installation,
    strategy: st.SearchStrategy[list[list[bytes]]],
    *,
    examples: int,
    enough: Callable[[Intake], bool],
) -> Intake:
    """Take generated deliveries until it is enough."""
    intake = Intake(installation)

    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.example(files=_EVERY_OUTCOME, word="wait")
    @hypothesis.given(files=strategy, word=words)
    def conserve(files: list[list[bytes]], word: str) -> None:
        if not enough(intake):
            intake.take(files, word)

    _call(conserve)
    print(  # noqa: T201 - figures of a run that ends by time or by size
        f"{intake.files} files in {intake.taken} deliveries,"
        f" rows by outcome: {dict(intake.seen)}"
    )
    return intake


def _call(conserve: Callable[[], None]) -> None:
    conserve()


def test_each_row_of_generated_deliveries_has_one_outcome(
    installation: Installation,
) -> None:
    end = time.monotonic() + SECONDS

    intake = run(
        installation,
        deliveries,
        examples=EXAMPLES,
        enough=lambda _: time.monotonic() >= end,
    )

    assert intake.taken >= LEAST
    assert {"loaded", "unchanged", "pending", "quarantined"} <= set(intake.seen)


@pytest.mark.large
@pytest.mark.timeout(7_200)
def test_each_row_of_ten_thousand_generated_files_has_one_outcome(
    installation: Installation,
) -> None:
    intake = run(
        installation,
        _fat_deliveries,
        examples=LARGE_EXAMPLES,
        enough=lambda intake: intake.files >= LARGE_FILES,
    )

    assert intake.files >= LARGE_FILES
    assert set(intake.seen) == {
        *("loaded", "unchanged", "pending"),
        *("quarantined", "refused", "held"),
    }
