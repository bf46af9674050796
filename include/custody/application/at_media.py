"""What is done at every medium, one after the other: one that fails stops no other."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from custody.application.ports import Offsite
from custody.domain.language import Text, at_place, joined, said
from custody.errors import CustodyError, EvidenceError, WorldError

_NOT_ALL_GONE = Text(
    "有介质未能清理：{why}", "what was to leave these media did not: {why}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """How many versions left a medium, and why no more did."""

    medium: str
    count: int
    fault: CustodyError | None = None


def removed_from(
    media: Sequence[Offsite], clear: Callable[[Offsite], Iterator[bool]]
) -> Iterator[Removed]:
    """Clear each medium; `clear` yields for each version whether it left."""
    for medium in media:
        count, fault = 0, None
        try:
            for left in clear(medium):
                count += left
        except CustodyError as error:
            fault = error
        yield Removed(medium=medium.name, count=count, fault=fault)


def insist_on_all(found: Iterable[Removed]) -> dict[str, int]:
    """Return medium -> how many left it; an error, at the end, of those that failed."""
    removed = tuple(found)
    faults = {one.medium: one.fault for one in removed if one.fault is not None}
    if faults:
        raise as_one(_NOT_ALL_GONE, faults)
    return {one.medium: one.count for one in removed}


def as_one(text: Text, faults: Mapping[str, CustodyError]) -> CustodyError:
    """Return one error of several media, its place `why`.

    WorldError, which may be repeated, when it is the world alone that failed.
    """
    world = all(isinstance(fault, WorldError) for fault in faults.values())
    why = joined(at_place(name, said(fault)) for name, fault in faults.items())
    return text.as_error(WorldError if world else EvidenceError, why=why)
