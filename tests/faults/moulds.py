"""One loaded site a worker, never spoilt itself: each death has a copy of it.

A cluster, its migrations and a first delivery cost more than most deaths, so all who
kill what moves or ends keys begin from the same site.
"""

import contextlib
import dataclasses
from collections.abc import Iterator

from tests.builders.destructions import Person, bring, found_reviewers
from tests.faults.site import Site, open_site
from tests.faults.step import start_server

CUSTOMERS = 7


@dataclasses.dataclass(frozen=True)
class Mould:
    """A site with reviewers and customers, and who they are."""

    site: Site
    persons: tuple[Person, ...]

    @contextlib.contextmanager
    def copy(self) -> Iterator["Mould"]:
        """Lend a copy of it as it stands, and remove it after.

        A death of the server, the same for all copies, empties the mould's own
        projection too: what a crash takes is shown again in the copy.
        """
        with self.site.copy() as site:
            site.installation.custody.rebuild_projection()
            yield dataclasses.replace(self, site=site)


@contextlib.contextmanager
def open_mould() -> Iterator[Mould]:
    """Set one up; TMPDIR and HOME stay what they are."""
    start_server()
    with open_site(lent=False) as site:
        installation = found_reviewers(site.installation)
        site = dataclasses.replace(site, installation=installation)  # noqa: PLW2901
        yield Mould(site, tuple(bring(installation, CUSTOMERS, seed=7)))
