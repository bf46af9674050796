"""A commit that was made and whose answer is lost is neither lost nor made twice."""

from collections.abc import Iterator, Mapping

import pytest

from custody.adapters.roles import KEYRING_DATABASE, WAREHOUSE_DATABASE
from tests.faults.country import Country
from tests.faults.deaf_line import DeafLine, deaf_line
from tests.faults.site import open_site
from tests.faults.step import start_server
from tests.faults.walk import FAULT, WHOLE_GRID_SECONDS, walk

pytestmark = pytest.mark.integration

IN_SAMPLE = 5


@pytest.fixture(scope="module")
def country() -> Iterator[Country]:
    start_server()
    with open_site() as site:
        yield Country(site)


@pytest.fixture(scope="module")
def line(country: Country) -> Iterator[DeafLine]:
    """A line that all of the intake goes by."""
    site = country.site
    with deaf_line(site.server.socket_folder, site.root / "line") as line:
        yield line


def by_line(country: Country) -> Mapping[str, str]:
    """Return the environment of a task that reaches the databases by the line."""
    host = country.site.root / "line"
    return {
        **country.environment,
        "CUSTODY_WAREHOUSE_URL": f"postgresql:///{WAREHOUSE_DATABASE}?host={host}",
        "CUSTODY_KEYRING_URL": f"postgresql:///{KEYRING_DATABASE}?host={host}",
    }


def commits_of(country: Country, line: DeafLine, road: str) -> int:
    """Return how many commits a road makes when every answer is heard."""
    delivery_id = country.roads[road].land()
    line.begin()
    heard = walk(by_line(country)) or []
    assert not any(step.startswith(FAULT) for step in heard)
    country.holds(country.roads[road], delivery_id)
    return line.commits


def lose(country: Country, line: DeafLine, road: str, commit: int) -> None:
    """Lose one answer, retry once, and look whether everything holds."""
    delivery_id = country.roads[road].land()
    line.begin(lose=commit)
    lost = line.lost
    walk(by_line(country))
    assert line.lost == lost + 1
    country.retry()
    country.holds(country.roads[road], delivery_id)


@pytest.mark.long
def test_drawn_answers_to_a_commit_are_lost_and_one_retry_heals(
    country: Country, line: DeafLine
) -> None:
    commits = commits_of(country, line, "good")
    drawn = country.rng.sample(range(1, commits + 1), IN_SAMPLE)

    for commit in drawn:
        lose(country, line, "good", commit)

    assert country.evidence_lost() == []


@pytest.mark.faults
@pytest.mark.timeout(WHOLE_GRID_SECONDS)
@pytest.mark.parametrize("road", ["good", "unreadable", "tampered"])
def test_every_answer_to_a_commit_is_lost_once(
    country: Country, line: DeafLine, road: str
) -> None:
    commits = commits_of(country, line, road)

    for commit in range(1, commits + 1):
        lose(country, line, road, commit)

    assert country.evidence_lost() == []
    assert commits > 1
