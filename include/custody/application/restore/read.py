"""Read: the set, then every later delivery object; root and count compared."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from custody.application.ports import Reached, pass_by
from custody.application.restore.sets import ChosenSet
from custody.application.restore.values import Read, RestoreSealedValues
from custody.application.restore.withheld import Stored, Withheld
from custody.domain.delivery_story import Written
from custody.domain.language import Text
from custody.domain.restoring import Replay
from custody.errors import EvidenceError

PREFIX = "objects/"
_OTHER_ROOT = Text(
    "备份集的加密值与其根摘要不符", "the full set's values are not those of its root"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadObjects:
    """Reads what the ledger and a signed manifest name, and nothing else."""

    find_withheld: Callable[[Iterable[Stored]], Withheld]
    restore: Callable[[Withheld], RestoreSealedValues]
    told: Callable[[str, int, int], None]
    reached: Reached = pass_by

    def __call__(self, replay: Replay, chosen: ChosenSet | None) -> Read:
        """Restore every value; EvidenceError when a byte is not what was signed."""
        begun = 0 if chosen is None else chosen.begun
        full = list(_of_set(chosen))
        earlier, later = _parted(replay, begun)
        if chosen is not None and chosen.full.tables:
            earlier = ()  # the tables tell where its values stand
        withheld = self.find_withheld([*full, *later])
        restore, read = self.restore(withheld), Read(ended=withheld.levels)
        self.reached("restore.values.before")
        for one in earlier:
            restore(one, read, places_only=True)
        for at, one in enumerate([*full, *later], start=1):
            restore(one, read)
            self.told("objects", at, len(full) + len(later))
        self.reached("restore.values.after")
        _compare(chosen, read)
        return read


def _parted(replay: Replay, begun: int) -> tuple[Sequence[Stored], Sequence[Stored]]:
    """Return delivery objects until a position, and those after it."""
    found = [_of_delivery(one) for one in replay.objects(after=0)]
    earlier = [one for one in found if one.position <= begun]
    return earlier, found[len(earlier) :]


def _of_set(chosen: ChosenSet | None) -> Iterator[Stored]:
    if chosen is not None:
        for path, digest in chosen.full.objects:
            yield Stored(path=path, sha256=digest, position=chosen.snapshot)


def _of_delivery(written: Written) -> Stored:
    return Stored(
        path=written.path,
        sha256=written.sha256,
        position=written.position,
        delivery=written.path.removeprefix(PREFIX).rpartition("/")[0],
    )


def _compare(chosen: ChosenSet | None, read: Read) -> None:
    if chosen is None:
        return
    found = (read.tree.size, read.tree.root())
    if found != (chosen.full.values, chosen.full.root):
        raise _OTHER_ROOT.as_error(EvidenceError)
