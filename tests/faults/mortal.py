"""A site whose work may die at any kill point, each time on a copy of it."""

import abc
import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Self

from custody.bootstrap import Custody
from custody.errors import ConflictError
from tests.faults.site import Site
from tests.faults.survivors import lost
from tests.faults.walk import Death, opened, walk


@dataclasses.dataclass
class Mortal(abc.ABC):
    """The site before the work, and what the work passes."""

    site: Site
    passed: list[str] = dataclasses.field(default_factory=list, kw_only=True)

    @property
    @abc.abstractmethod
    def work(self) -> Callable[[Custody], object]:
        """What is done, and may die; another process is handed it."""

    @property
    @abc.abstractmethod
    def survivors(self) -> Sequence[str]:
        """The numbers of whom nothing may be lost."""

    @abc.abstractmethod
    def holds(self) -> None:
        """Look if everything is as it must be after the work."""

    def look_at_death(self) -> None:
        """Look at what the dead left, before it is done once more."""
        assert lost(self.custody, self.survivors) == []

    @contextlib.contextmanager
    def copy(self) -> Iterator[Self]:
        """Lend a copy of it, to be spoilt."""
        with self.site.copy() as site:
            yield dataclasses.replace(self, site=site)

    @property
    def custody(self) -> Custody:
        """Custody as this process has it."""
        return self.site.installation.custody

    def walk(self, death: Death | None = None) -> list[str] | None:
        """Work in a process; return what it passed, None when it was killed."""
        return walk(self.site.installation.environment, death, work=self.work)

    def pass_once(self) -> None:
        """Work on a copy unharmed, and note what is passed."""
        with self.copy() as whole:
            self.passed = whole.walk() or []
            whole.holds()

    def deaths(self) -> list[Death]:
        """Return the first visit of each point that is passed, and the last one."""
        visits = (
            Death(point, visit)
            for point in dict.fromkeys(self.passed)
            for visit in (1, self.passed.count(point))
        )
        return list(dict.fromkeys(visits))

    def die(self, death: Death, *, server: bool = False) -> None:
        """Work on a copy, die, work once more, and look if everything holds."""
        print(death, "server" if server else "")  # noqa: T201 - what failed is last
        with self.copy() as one:
            process = one.site.postmaster() if server else None
            heard = one.walk(dataclasses.replace(death, process=process))
            assert heard is None or server, f"{death} survived"
            if server:
                one.site.server.start()
            one.look_at_death()
            one.retry()
            one.holds()

    def retry(self) -> None:
        """Work once more; the server may take a moment to see who died."""
        for _ in range(20):
            try:
                self.work(opened(self.site.installation.environment))
            except ConflictError:
                continue
            return
        raise AssertionError("what died still holds a lock")
